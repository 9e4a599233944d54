"""The commands of delivery, through the real command line and over real HTTP."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from inn import TOKEN, Inn, app, busy, install, stay
from loft import app as loft_app
from loft import install as install_destination
from pigeon import KEY, Loft
from test_cli import Ended, Run

from frontdesk import Desk, blocking
from frontdesk.destination import DeliverySettings
from frontdesk.errors import FrontdeskError
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
    """Seen to fail when it was not said that this was only a preview."""
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


def test_a_long_delivery_says_how_far_it_is(
    run: Run, inn: Inn, loft: Loft, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail (after the time-out) when nobody watches."""
    said, heard = threading.Event(), []

    def echo(text: str, *, err: bool = False) -> None:
        if err and "so far" in text:
            heard.append(text)
            said.set()

    def wait_for_a_word(request: httpx.Request) -> None:
        if b"history events" in request.content:
            said.wait(5)

    run("sync")
    go_live(run)
    loft.before = wait_for_a_word
    monkeypatch.setattr("frontdesk.cli.deliver.PAUSE", 0.001)
    monkeypatch.setattr("typer.echo", echo)

    assert run("deliver").status == 0
    assert heard[-1].startswith("post: ")


def test_what_was_not_synced_yet_is_named(run: Run, inn: Inn) -> None:
    ended = run("deliver")

    assert (ended.status, "oak is not synced yet" in ended.err) == (0, True)
    run("sync")
    assert "not synced" not in run("deliver").err


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
    assert "post        │ history events │ refused │     4 │ she is away" in listed.out
    assert listed.out.count("she is away") == 3
    (brand,) = run("export-guest", "ada@example.com").json["brands"]
    assert brand["destinations"][0]["refused"] == 6
    each = run("destinations", "refusals", "--each").out
    assert each.count("she is away") == len(as_json.json) == 6
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
    assert "The loft loft-1 (loft-1)" in ended.out
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
    unknown = run("check", "nest")
    assert unknown.status == 2
    assert "no connection or destination 'nest'; there are: oak, post" in unknown.err


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


def test_an_export_shows_an_old_address_that_a_destination_still_knows(
    run: Run, inn: Inn, loft: Loft
) -> None:
    """Seen to fail when only the address of today was looked for."""
    delivered(run)
    row = inn.rows["guests"][1]
    row |= {"email": "robert@example.com", "changed": "2026-11-01T11:00:00Z"}
    run("sync", "--to", "post")

    (brand,) = run("export-guest", "robert@example.com").json["brands"]

    known = brand["destinations"][0]["recipients"]
    assert known == ["bob@example.com", "robert@example.com"]


# -- init, sandbox, demo ------------------------------------------------------------------------


def test_init_writes_every_setting_of_a_destination_with_what_it_means(run: Run) -> None:
    """Seen to fail when a setting of core's was left out of the file."""
    written = run("init", "pigeon", "--name", "the post")
    text = (run.folder / "frontdesk.toml").read_text()

    assert (written.status, "frontdesk check" in written.out) == (0, True)
    assert '[destinations."the post"]\nplugin = "pigeon"\n' in text
    assert 'key = { env = "PIGEON_KEY" }' in text
    assert "# The loft's key." in text
    for field in attrs.fields(DeliverySettings):
        assert f"\n# {field.name} = " in text


def test_what_init_suggests_can_be_taken_as_it_is(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIGEON_KEY", KEY)
    run("init", "pigeon")
    file = run.folder / "frontdesk.toml"
    text = file.read_text()
    settings = [field.name for field in attrs.fields(DeliverySettings)]
    for name in settings:
        text = text.replace(f"\n# {name} = ", f"\n{name} = ")
    file.write_text(text)

    rules = Desk.from_config(file).destinations["pigeon"].rules

    assert rules.live
    assert rules.subscribers["*"] == {"email": "LIST", "sms": "LIST"}
    assert rules.live_within == DeliverySettings().live_within


def test_init_leaves_a_file_alone_and_prints_what_to_add(run: Run, inn: Inn) -> None:
    before = (run.folder / "frontdesk.toml").read_text()

    ended = run("init", "pigeon")

    assert ended.status == 0
    assert (run.folder / "frontdesk.toml").read_text() == before
    assert ended.out.startswith('\n[destinations.pigeon]\nplugin = "pigeon"\n')
    assert "frontdesk init pigeon >> frontdesk.toml" in ended.err
    tomllib.loads(before + ended.out)


def test_the_sandbox_of_a_destination_has_options(run: Run) -> None:
    ended = run("sandbox", "pigeon", "--options")
    unknown = run("sandbox", "raven", "--options")

    assert ended.out == "--id [loft-1]  The account's id.\n--demo [False]  \n"
    assert (unknown.status, "'raven' is installed" in unknown.err) == (2, True)
    assert "acorn" in unknown.err
    assert "pigeon" in unknown.err


@pytest.fixture(name="alone")
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no other plugin be found."""
    from frontdesk import registry

    found = registry.entry_points

    def only(group: str = registry.GROUP) -> Any:
        return {k: v for k, v in found(group).items() if k in {"acorn", "pigeon"}}

    monkeypatch.setattr(registry, "entry_points", only)


@pytest.mark.usefixtures("alone")
def test_the_demo_delivers_to_a_sandbox_and_shows_what_arrived(run: Run) -> None:
    ended, again = run("demo", "--to", "pigeon"), run("demo", "--to", "pigeon", "--json")

    assert (ended.status, again.status) == (0, 0)
    assert "a loft, loft-1" in ended.err
    assert "History: 2 profiles, 1 opt-ins, 18 events delivered to demo-pigeon" in ended.err
    assert "Arrived" in ended.out
    assert "frontdesk init pigeon" in ended.out
    assert again.json["delivered"]["arrived"] == {"profiles": 2, "events": 18}
    assert ["opt-ins", "accepted", 1] in again.json["delivered"]["sent"]


@pytest.mark.usefixtures("alone")
def test_the_demo_delivers_to_no_plugin_without_a_sandbox(run: Run) -> None:
    points = run.folder / "site" / "frontdesk_pigeon-1.2.dist-info" / "entry_points.txt"
    points.write_text("[frontdesk.destinations]\npigeon = pigeon\n")

    without, none = run("demo", "--to", "pigeon"), run("demo", "--to", "raven")

    assert (without.status, "'pigeon' has no sandbox" in without.err) == (2, True)
    assert (none.status, "no destination plugin 'raven' is installed" in none.err) == (2, True)


@pytest.mark.usefixtures("alone")
def test_a_demos_store_sends_nothing_real_until_a_person_says_so(
    run: Run, inn: Inn, loft: Loft
) -> None:
    """Law 9. Seen to fail when a new destination of a held store begins running."""
    run("demo", "--to", "pigeon")
    loft.id = "loft-9"
    config = run.folder / "frontdesk.toml"
    text = config.read_text().replace("connections.oak", "connections.demo-acorn")
    config.write_text('[store]\nurl = "frontdesk-demo.db"\n' + text)
    go_live(run)

    ended, sync = run("deliver", "post"), run("sync", "demo-acorn")

    assert (ended.status, sync.status) == (1, 1)
    assert "destination 'post' is held" in ended.err
    assert "connection 'demo-acorn' is held" in sync.err
    assert loft.batches == []
    assert "this is the store of a demo" in run("status").out
    run("resume", "post")
    assert run("deliver", "post").status == 0
    assert loft.batches


@pytest.mark.usefixtures("alone")
def test_the_demo_removes_no_store_that_delivers_elsewhere(run: Run, inn: Inn) -> None:
    config = run.folder / "frontdesk.toml"
    config.write_text(config.read_text().replace("connections.oak", "connections.demo-oak"))
    delivered(run)

    ended = run("demo", "--store", "frontdesk.db")

    assert (ended.status, "is not a store of the demo's" in ended.err) == (2, True)


# -- the configuration --------------------------------------------------------------------------

SECOND = '[connections.elm]\nconnector = "acorn"\ntoken = "a"\n'
NEST = '[destinations.nest]\nplugin = "pigeon"\nkey = "b"\n'


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[destinations.x]\nplugin = "raven"\n', "no destination plugin 'raven' is installed"),
        ('[destinations.x]\nkey = "CANARY"\n', 'write plugin = "klaviyo"'),
        ('[destinations.x]\nplugin = "pigeon"\n', "required setting missing: 'key'"),
        ('[destinations.x]\nplugin = "pigeon"\nkey = 5\n', "not a valid str"),
        (f"{NEST}lives = true\n", "unknown setting 'lives'"),
        (f'{NEST}live = "yes"\n', "not a valid bool @ destinations.nest.live"),
        (f'{NEST}consent_without_time = "guess"\n', "must be one of 'skip', 'first_seen'"),
        (f'{NEST}subscribers = "news"\n', "destinations.nest.subscribers is no table"),
        (f'{NEST}subscribers = {{ fax = "x" }}\n', "destinations.nest.subscribers"),
        (SECOND + NEST, "destinations.post: there are several connections and several"),
        ('[destinations.oak]\nplugin = "pigeon"\nkey = "b"\n', "already is a connection 'oak'"),
    ],
)
def test_what_is_wrong_with_a_destination_is_named_with_its_place(
    run: Run, inn: Inn, more: str, said: str
) -> None:
    config = run.folder / "frontdesk.toml"
    config.write_text(config.read_text() + more)

    ended = run("deliver")

    assert (ended.status, said in ended.err) == (2, True), ended.err
    assert "CANARY" not in ended.err


def test_several_of_both_are_fine_once_each_says_what_feeds_it(run: Run, inn: Inn) -> None:
    config = run.folder / "frontdesk.toml"
    brand = f'{SECOND}brand = "trees"\n{NEST}brand = "trees"\n'
    config.write_text(config.read_text() + 'connections = ["oak"]\n' + brand)

    made = Desk.from_config(config).destinations

    assert (made["post"].rules.connections, made["nest"].brand) == (("oak",), "trees")


def test_lists_are_named_for_all_connections_or_for_one(run: Run, inn: Inn) -> None:
    config = run.folder / "frontdesk.toml"
    text = config.read_text()
    for line, key in (
        ('subscribers = { email = "news" }\n', "*"),
        ('subscribers = { oak = { email = "news" } }\n', "oak"),
    ):
        config.write_text(text + line)

        assert Desk.from_config(config).destinations["post"].rules.subscribers == {
            key: {"email": "news"}
        }


# -- from code that does not await ----------------------------------------------------------------


def test_the_blocking_desk_has_the_same_verbs(run: Run, inn: Inn, loft: Loft) -> None:
    loft.refuse["ada@example.com"] = "she is away"
    config = run.folder / "frontdesk.toml"
    with blocking.Desk.from_config(config) as desk:
        assert list(desk.destinations) == ["post"]
        desk.sync("oak")
        nest = desk.add_destination(
            "pigeon", name="nest", key=KEY, transport=loft.transport, live=True
        )
        assert desk.check_destination(nest).ok
        assert desk.deliver("post").dry_run
        assert desk.deliver("post", only="bob@example.com").sent["oak", "profiles"] == 1
        # One account is delivered to by one destination.
        (error, preview) = desk.deliver_all("nest", "post", dry_run=True)
        assert "already delivered to" in str(error)
        assert not isinstance(preview, FrontdeskError)
        assert preview.dry_run
        assert desk.destination_status()[0].name == "post"
        desk.pause("post")
        assert desk.destination_status()[0].state == "paused"
        desk.resume("post")
        assert desk.refusals("post") == desk.refusals() == []
        assert desk.redeliver("post") > 0
        assert desk.redeliver("post", refused=True) == 0
        assert desk.rebind("post") == "loft-1 (The loft loft-1)"
        assert [one["action"] for one in desk.audits()] == ["destinations rebind"]


def test_delivery_is_in_the_help(run: Run) -> None:
    for words in (["deliver"], ["redeliver"], ["destinations"], ["destinations", "rebind"]):
        assert ((shown := run(*words, "--help")).status, "Usage" in shown.out) == (0, True)
