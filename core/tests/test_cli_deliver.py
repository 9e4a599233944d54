"""The commands of delivery, through the real command line and over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from inn import TOKEN, Inn, app, busy, install, stay
from pigeon import KEY, Loft
from test_cli import Ended, Run

from frontdesk.sandbox import ASGI
from frontdesk.serving import served

LIVE = '\nlive = true\nconsent_without_time = "first_seen"\nsubscribers = { email = "news" }\n'


@pytest.fixture(name="run")
def _run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.chdir(tmp_path)
    site = install(tmp_path / "site")
    install_destination(site)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FRONTDESK_CONFIG", raising=False)
    monkeypatch.delenv("FRONTDESK_DEBUG", raising=False)
    return Run(tmp_path, monkeypatch, capsys)


def install_destination(folder: Path, name: str = "pigeon", module: str = "pigeon") -> None:
    """Install a destination plugin the way pip does, less the files."""
    install(folder, name, module)
    points = folder / f"frontdesk_{name}-1.2.dist-info" / "entry_points.txt"
    points.write_text(f"[frontdesk.destinations]\n{name} = {module}\n")


def loft_app(loft: Loft) -> ASGI:
    """Return the loft as an ASGI application."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (part := await receive()).get("more_body"):
            body += part["body"]
        body += part.get("body", b"")
        url = f"http://loft{scope['path']}?{scope['query_string'].decode()}"
        headers = [(k.decode(), v.decode()) for k, v in scope["headers"]]
        answer = loft.answer(httpx.Request(scope["method"], url, headers=headers, content=body))
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kind})
        await send({"type": "http.response.body", "body": answer.content})

    return serve


@pytest.fixture(name="loft")
def _loft() -> Loft:
    return Loft()


@pytest.fixture(name="inn")
def _inn(run: Run, loft: Loft) -> Iterator[Inn]:
    """An inn, configured as connection ``oak``, and a loft, as destination ``post`` in test mode."""
    inn = busy(5)
    with served(app(inn)) as here, served(loft_app(loft)) as there:
        run.configure(
            f'[connections.oak]\nconnector = "acorn"\ntoken = "{TOKEN}"\nbase_url = "{here}"\n'
            f'[destinations.post]\nplugin = "pigeon"\nkey = "{KEY}"\nbase_url = "{there}"\n'
        )
        yield inn


def go_live(run: Run, more: str = "") -> None:
    config = run.folder / "frontdesk.toml"
    config.write_text(config.read_text() + LIVE + more)


def delivered(run: Run) -> Ended:
    """Sync, go live and deliver everything."""
    go_live(run)
    return run("sync", "--to", "post")


def silent(ended: Ended) -> bool:
    """Tell whether nothing was printed that names a guest or a secret."""
    said = ended.out + ended.err
    return not any(word in said for word in ("ada@", "CANARY"))


# -- deliver --------------------------------------------------------------------------------


def test_in_test_mode_nothing_is_sent_and_it_is_said_what_going_live_would_send(
    run: Run, inn: Inn, loft: Loft
) -> None:
    """Seen to fail when a preview is printed like a delivery."""
    run("sync")

    ended, as_json = run("deliver"), run("deliver", "--json")

    assert (ended.status, as_json.status, loft.batches) == (0, 0, [])
    assert "Preview of post" in ended.out
    assert (
        "post is in test mode: nothing was sent. Going live would send 2 profiles, 5 events: write "
        "live = true under [destinations.post]"
    ) in ended.out
    assert "nobody will be subscribed" in ended.out
    assert as_json.json[0]["dry_run"] is True
    assert as_json.json[0]["sent"]["oak"]["Booked Stay"] == 3
    assert "in test mode" in as_json.err
    assert silent(ended)


def test_what_is_sent_is_counted_by_connection_and_what_is_left_by_reason(
    run: Run, inn: Inn, loft: Loft
) -> None:
    run("sync")
    go_live(run)

    dry, ended = run("deliver", "post", "--dry-run"), run("deliver", "post")

    assert (dry.status, "would be sent" in dry.out, "test mode" in dry.out) == (0, True, False)
    assert ended.status == 0
    assert "Delivered to post" in ended.out
    assert "held: no e-mail address or phone number" in ended.out
    assert loft.metrics()["Booked Stay"] == 3
    assert silent(ended)
    assert "Delivered to post: none" in run("deliver").out


def test_only_one_guest_is_sent_something_and_is_named_on_standard_input(
    run: Run, inn: Inn, loft: Loft
) -> None:
    run("sync")

    ended = run("deliver", "--only", "-", stdin=b"bob@example.com\n")
    nobody = run("deliver", "--only", "-", stdin=b"\n")
    stranger = run("deliver", "--only", "zoe@example.com")

    assert ended.status == 0
    assert list(loft.profiles) == ["bob@example.com"]
    assert {who for who, _, _ in loft.events} == {"bob@example.com"}
    assert (nobody.status, "nobody is named" in nobody.err) == (2, True)
    assert (stranger.status, "zoe" in stranger.err) == (2, False)


def test_what_is_newly_refused_ends_with_status_3(run: Run, inn: Inn, loft: Loft) -> None:
    loft.refuse["ada@example.com"] = "she is away"
    run("sync")
    go_live(run)

    ended, again = run("deliver"), run("deliver")
    listed, as_json = run("destinations", "refusals"), run("destinations", "refusals", "--json")

    assert (ended.status, again.status) == (3, 0)
    assert "newly refused; see: frontdesk destinations refusals" in ended.err
    assert "she is away" in listed.out
    assert {one["outcome"] for one in as_json.json} == {"refused"}
    assert run("destinations", "refusals", "post", "--json").json == as_json.json
    assert run("destinations", "refusals", "nest", "--json").json == []
    assert "post did not take" in run("quarantine", "list").err
    assert silent(listed)

    loft.refuse.clear()
    told = run("redeliver", "post", "--refused")
    assert (told.status, "entries that were refused" in told.out) == (0, True)
    assert run("deliver").status == 0
    assert loft.metrics()["Booked Stay"] == 3


def test_a_destination_that_is_paused_is_skipped_unless_it_is_named(run: Run, inn: Inn) -> None:
    delivered(run)
    paused = run("pause", "post")

    every, one = run("deliver"), run("deliver", "post")

    assert paused.out == "post: paused\n"
    assert (every.status, "skipped: destination 'post' is paused" in every.err) == (0, True)
    assert (one.status, "skipped" in one.err) == (1, False)
    assert run("resume", "post").out == "post: running\n"
    assert run("deliver", "post").status == 0


def test_an_unknown_destination_is_refused_before_anything_is_asked(run: Run, inn: Inn) -> None:
    ended, sync = run("deliver", "nest"), run("sync", "--to", "nest")

    assert (ended.status, sync.status) == (2, 2)
    assert "there is no destination 'nest'; there are: post" in ended.err
    assert "there is no destination 'nest'; there are: post" in sync.err
    assert inn.requests == []


def test_a_desk_without_destinations_says_how_to_write_one(run: Run) -> None:
    run.configure("")

    ended = run("deliver")

    assert (ended.status, "frontdesk init klaviyo" in ended.err) == (2, True)


def test_a_destination_that_is_down_fails_and_keeps_what_waits(
    run: Run, inn: Inn, loft: Loft
) -> None:
    run("sync")
    go_live(run)
    loft.before = lambda _: httpx.Response(401)

    ended = run("deliver")

    assert (ended.status, "pigeon" in ended.err or "401" in ended.err) == (1, True)
    assert silent(ended)
    loft.before = lambda _: None
    assert run("deliver").status == 0


# -- sync --to ----------------------------------------------------------------------------------


def test_sync_delivers_what_it_brought(run: Run, inn: Inn, loft: Loft) -> None:
    ended = delivered(run)
    inn.rows["stays"].append(stay("s9", changed="2026-11-01T10:00:00Z"))
    as_json = run("sync", "oak", "--to", "post", "--json")

    assert (ended.status, as_json.status) == (0, 0)
    assert "Synced" in ended.out
    assert "Delivered to post" in ended.out
    assert as_json.json["synced"][0]["events"] == 1
    assert as_json.json["delivered"][0]["sent"] == {"oak": {"Booked Stay": 1}}
    assert loft.metrics()["Booked Stay"] == 4


def test_what_either_half_refuses_is_status_3(run: Run, inn: Inn, loft: Loft) -> None:
    loft.refuse["ada@example.com"] = "she is away"
    go_live(run)

    assert run("sync", "--to", "post").status == 3


# -- destinations -----------------------------------------------------------------------------


def test_destinations_are_listed_with_what_waits(run: Run, inn: Inn) -> None:
    run("sync")
    before = run("destinations", "list")
    delivered(run)

    ended, as_json = run("destinations", "list"), run("destinations", "list", "--json")

    assert "post: nothing was delivered yet" in before.out
    assert "The loft loft-1 (pigeon loft-1)" in ended.out
    assert "live" in ended.out
    (row,) = as_json.json
    assert (row["name"], row["live"], row["state"]) == ("post", True, "running")
    assert row["held"] == {"no e-mail address or phone number": 2}


def test_another_account_is_refused_until_somebody_says_so_which_is_noted(
    run: Run, inn: Inn, loft: Loft
) -> None:
    """Seen to fail (no audit was listed) when rebinding notes nothing."""
    delivered(run)
    loft.id = "loft-2"

    check, deliver = run("check", "post"), run("deliver")
    no = run("destinations", "rebind", "post", stdin=b"n\n")
    unknown = run("destinations", "rebind", "nest")
    still = run("deliver")
    yes = run("destinations", "rebind", "post", stdin=b"y\n")
    over = run("deliver")

    assert (check.status, deliver.status, still.status) == (1, 2, 2)
    for ended in (check, deliver):
        said = ended.out + ended.err
        assert "loft-1" in said
        assert "loft-2" in said
        assert "frontdesk destinations rebind post" in said
    assert (no.status, "nothing was changed" in no.err) == (1, True)
    assert "The loft loft-1 (pigeon loft-1), which took" in no.err
    assert (unknown.status, "the store knows: post" in unknown.err) == (2, True)
    assert (yes.status, over.status) == (0, 0)
    assert "post left account loft-1" in run("destinations", "list").out
    # What somebody did with destinations is none of the inbox' business.
    assert run("inbox").status == 0


def test_a_rebinding_may_be_agreed_to_beforehand(run: Run, inn: Inn) -> None:
    delivered(run)

    assert run("destinations", "rebind", "post", "--yes").status == 0


def test_all_is_sent_again_under_the_same_ids(run: Run, inn: Inn, loft: Loft) -> None:
    delivered(run)
    loft.profiles.clear()

    told = run("redeliver", "post", "--connection", "oak")
    ended = run("deliver", "--json")

    assert told.status == 0
    assert "post: the next delivery goes again over" in told.out
    assert ended.json[0]["sent"]["oak"]["Booked Stay"] == 3
    assert (loft.repeats, loft.metrics()["Booked Stay"]) == (5, 3)
    wrong = run("redeliver", "post", "--connection", "elm"), run("redeliver", "nest")
    assert [one.status for one in wrong] == [2, 2]


# -- status, check, connectors -------------------------------------------------------------------


def test_status_shows_a_destination(run: Run, inn: Inn) -> None:
    run("sync")
    before = run("status")
    delivered(run)

    ended, as_json = run("status"), run("status", "--json")

    assert "post: nothing was delivered yet\n  what to do: frontdesk deliver post" in before.out
    assert ended.status == 0
    for line in (
        "post: running since",
        "  mode: live",
        "  account: The loft loft-1 (pigeon loft-1)",
        "  held: 2 events: 2 no e-mail address or phone number",
    ):
        assert line in ended.out
    assert [one["kind"] for one in as_json.json] == ["connection", "destination"]
    assert as_json.json[1]["sent"]["profiles"] == {"accepted": 2}


def test_status_is_1_where_a_destination_needs_attention(run: Run, inn: Inn, loft: Loft) -> None:
    delivered(run)
    config = run.folder / "frontdesk.toml"
    config.write_text(config.read_text().replace(KEY, "wrong-CANARY"))

    deliver, status = run("deliver"), run("status")

    assert (deliver.status, status.status) == (1, 1)
    assert "post: needs attention" in status.out
    assert "frontdesk check post" in status.out
    assert silent(status)


def test_check_names_the_account_the_mode_and_what_is_missing(
    run: Run, inn: Inn, loft: Loft
) -> None:
    every, fine = run("check"), run("check", "post")
    loft.missing = ["events:write"]
    lacking, as_json = run("check", "post"), run("check", "post", "--json")

    assert fine.status == 0
    assert "oak: The Oak (account oak-1)" in every.out
    assert "all is well" in fine.out
    assert "post: The loft loft-1 (account loft-1)" in fine.out
    assert "in test mode: nothing is sent" in fine.out
    assert lacking.status == 1
    assert "needs attention: the credentials lack the permission: events:write" in lacking.out
    assert as_json.json[0]["account"]["missing"] == ["events:write"]
    go_live(run)
    assert "live: what happens is sent" in run("check", "post").out
    assert run("check", "nest").status == 2


def test_destination_plugins_are_listed_beside_connectors(run: Run) -> None:
    found = {one["name"]: one for one in run("connectors", "--json").json}

    assert found["acorn"]["kind"] == "connector"
    assert (found["pigeon"]["kind"], found["pigeon"]["title"]) == ("destination", "Pigeon Post")
    assert "Pigeon Post" in run("connectors").out


# -- guests -------------------------------------------------------------------------------------


def test_forgetting_prints_what_each_destination_answered(run: Run, inn: Inn, loft: Loft) -> None:
    delivered(run)

    ended = run("forget", "ada@example.com")

    assert ended.json["receipts"][0]["destinations"] == {"post": "the loft has forgotten"}
    assert loft.forgotten == ["ada@example.com"]
    listed = run("forget", "--receipts")
    assert "post: the loft has forgotten" in listed.out
    assert run("forget", "--receipts", "--json").json["receipts"][0]["destinations"]


def test_who_is_yet_to_be_erased_at_a_destination_is_said(run: Run, inn: Inn, loft: Loft) -> None:
    """A command that only looks into a store knows no key of the destination."""
    delivered(run)

    ended = run("forget", "ada@example.com", "--store", "frontdesk.db")

    assert (ended.status, loft.forgotten) == (0, [])
    assert "post has yet to erase 1" in ended.err
    assert "to be erased: 1 persons" in run("status").out
    assert run("deliver").status == 0
    assert loft.forgotten == ["ada@example.com"]
    assert "yet to erase" not in run("forget", "--receipts").err


def test_an_export_shows_what_each_destination_was_sent_of_the_guest(
    run: Run, inn: Inn, loft: Loft
) -> None:
    delivered(run)

    (brand,) = run("export-guest", "ada@example.com").json["brands"]
    (stranger,) = run("export-guest", "eve").json["brands"]

    (one,) = brand["destinations"]
    assert (one["destination"], one["plugin"], one["account"]) == ("post", "pigeon", "loft-1")
    assert one["recipients"] == ["ada@example.com"]
    assert one["events_sent"] == 4
    assert [(told["channel"], told["state"]) for told in one["told"]] == [("email", "subscribed")]
    assert (stranger["destinations"][0]["recipients"], stranger["destinations"][0]["waiting"]) == (
        [],
        2,
    )
