"""A sync reads history once, follows what changed, and loses, doubles and invents nothing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import acorn
import attrs
import pytest
from inn import (
    NOW,
    FixedClock,
    Inn,
    altered,
    asked,
    busy,
    club,
    connected,
    dump,
    guest,
    opened,
    stay,
    sync,
    written,
)

from frontdesk import Consent, Desk, Event, Merged, Page, Profile, Purpose, Record, Ref, Reservation
from frontdesk.errors import AccountError, SkipRecord
from frontdesk.model import Channel, ConsentState

pytestmark = pytest.mark.anyio


def metrics(store: Path) -> dict[str, int]:
    return dict(asked(store, "SELECT name, total FROM metrics"))


def logged(store: Path, kind: int) -> list[str]:
    """Return the bodies of the log's entries of a kind, in order."""
    question = "SELECT body FROM log JOIN log_bodies USING (connection_id, seq) WHERE kind = ?"
    return [body.decode() for (body,) in asked(store, f"{question} ORDER BY seq", kind)]


def outcomes(store: Path) -> dict[tuple[str, str], int]:
    question = "SELECT s.name, outcome, total FROM counters JOIN streams s ON s.id = stream_id"
    return {(stream, outcome): total for stream, outcome, total in asked(store, question)}


def quarantined(store: Path) -> list[tuple[str, str]]:
    return asked(store, "SELECT key, hooks FROM quarantine WHERE closed = ''")  # type: ignore[return-value]


# -- history, then changes -------------------------------------------------------------


async def test_history_comes_first_and_changes_follow(store: Path) -> None:
    inn = busy()

    report = await sync(store, inn)

    assert (report.events, report.profiles + 1, report.reservations) == (27, 3, 25)
    assert metrics(store) == {"Booked Stay": 25, "Joined Club": 2}

    inn.rows["stays"][0] |= {"cancelled": "2026-11-01T11:00:00Z", "changed": "2026-11-01T11:00:00Z"}
    inn.forget_requests()
    report = await sync(store, inn)

    assert metrics(store) == {"Booked Stay": 25, "Cancelled Stay": 1, "Joined Club": 2}
    assert report.events == 1
    # The history of all streams is known; what changed is asked for by time.
    assert [query["since"] for query in inn.asked("stays")] == ["2026-10-01T10:00:00Z"] * 3


async def test_what_history_shows_is_of_the_history_and_what_follows_is_live(store: Path) -> None:
    inn = busy(1)
    await sync(store, inn)
    inn.rows["stays"].append(stay("new", changed="2026-11-01T11:59:00Z"))
    await sync(store, inn)

    async with Desk(store) as desk:
        origins = {
            row.event["properties"]["Stay ID"]: row.origin
            for row in await desk.events(metric="Booked Stay")
        }

    assert origins == {"s0": "history", "new": "live"}


async def test_a_second_sync_leaves_the_same_store(store: Path) -> None:
    """Seen to fail when ``_compare`` never finds a record unchanged."""
    inn = busy()
    await sync(store, inn)
    await sync(store, inn)
    before = dump(store)
    seq = asked(store, "SELECT seq FROM connections")

    await sync(store, inn)

    assert before == dump(store)
    assert seq == asked(store, "SELECT seq FROM connections")


async def test_every_record_version_ends_in_exactly_one_outcome(store: Path) -> None:
    """Law 5. Seen to fail when ``_set_aside`` or a record unchanged is not counted."""
    inn = busy()
    inn.rows["guests"] += [guest("rob", robot=True), guest("amy", email=5), "no row", {"id": None}]
    inn.rows["stays"] += [
        stay("h", house=True),
        stay("s1", changed="2026-09-20T10:00:00Z"),
        stay("s2"),
        stay("bad", booked="yesterday"),
        stay("f", friend="nobody"),
    ]
    for _ in range(3):
        inn.forget_requests()
        report = await sync(store, inn)

        assert inn.served == report.outcomes.total() == report.records
        inn.rows["stays"][4] |= {"changed": f"2026-10-2{_}T10:00:00Z"}

    kinds = {outcome for _, outcome in outcomes(store)}
    expected = {
        "mapped",
        "unchanged",
        "superseded",
        "quarantined",
        "skipped: robot",
        "skipped: house",
    }
    assert expected == kinds


async def test_the_stores_counters_are_the_sum_of_all_reports(store: Path) -> None:
    inn = busy()
    total: Counter[tuple[str, str]] = Counter()
    for _ in range(3):
        total += (await sync(store, inn)).outcomes

    assert dict(total) == outcomes(store)


async def test_events_before_history_are_counted_and_left_out(store: Path) -> None:
    inn = busy(1)
    inn.rows["stays"].append(stay("old", booked="2020-01-01T00:00:00Z"))

    report = await sync(store, inn)

    assert report.before_history == 1
    assert metrics(store)["Booked Stay"] == 1
    assert "old" not in "".join(logged(store, 1))


async def test_updates_say_how_far_a_sync_is(store: Path) -> None:
    inn = busy()
    updates: list[Any] = []
    async with Desk(store, clock=FixedClock()) as desk:
        stop = desk.subscribe(updates.append)
        await desk.sync(connected(desk, inn))
        seen = len(updates)
        stop()
        await desk.sync("acorn")

    stays = [u for u in updates if (u.stream, u.purpose) == ("stays", Purpose.HISTORY)]
    assert [(u.done, u.total) for u in stays] == [(10, 25), (20, 25), (25, 25), (25, 25)]
    assert [u.records for u in stays] == [10, 20, 25, 25]
    assert [u.finished for u in stays] == [False, False, False, True]
    assert seen == len(updates)


async def test_one_connections_failure_stops_no_other(store: Path) -> None:
    oak, elm = busy(), Inn("elm-1")
    elm.token = "another"
    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, oak, name="oak")
        connected(desk, elm, name="elm")

        good, bad = await desk.sync_all()

    assert (good.connection, good.reservations) == ("oak", 25)  # type: ignore[union-attr]
    assert "does not accept the credentials" in str(bad)


# -- what must not be stored -------------------------------------------------------------


async def test_discarded_fields_are_nowhere_in_the_stores_files(store: Path) -> None:
    """Law 7. Seen to fail when ``Intake._read``, ``_set_aside`` or ``Reader.taken`` skips
    ``keep``.
    """
    inn = busy(3)
    cards = [{"number": "4111-CANARY", "kind": "visa"}, {"number": ["CANARY"], "kind": "amex"}]
    inn.rows["guests"] = [
        guest("ada", passport={"number": "CANARY"}, cards=cards),
        guest("eve", cards=cards),  # fetched as a guest of a stay
        guest("odd", email=5, cards=cards),  # quarantined
        {"passport": "CANARY", "cards": cards, "name": "no id"},  # unreadable
    ]
    inn.rows["stays"].append(stay("f", friend="eve"))

    await sync(store, inn)
    await sync(store, inn)

    assert len(quarantined(store)) == 2
    assert b"CANARY" not in written(store)
    assert b"amex" in written(store)


async def test_hooks_see_what_the_store_will_show_them_later(store: Path) -> None:
    """Seen to fail when answers to refs are handed on as they were fetched."""
    seen: list[Record] = []

    def parse_event(record: Record, related: Any) -> list[Event]:
        if record.stream == "stays":
            seen.append(related[Ref("guests", "eve")])
        return []

    inn = busy(0)
    inn.rows["guests"] = [guest("zoe")]
    inn.rows["stays"] = [stay("s1")]
    original = inn.page

    def page(stream: str, params: Any) -> dict[str, Any]:
        if stream == "guests" and "ids" in params:
            return {
                "items": [guest("eve", cards=[{"number": "CANARY", "kind": "visa"}])],
                "total": 1,
            }
        return original(stream, params)

    inn.page = page  # type: ignore[method-assign]
    await sync(store, inn, altered(parse_event=parse_event))
    inn.rows["stays"][0] |= {"total": "1", "changed": "2026-10-02T10:00:00Z"}
    await sync(store, inn, altered(parse_event=parse_event))

    assert seen[0] == attrs.evolve(seen[-1], origin=seen[0].origin)
    assert "CANARY" not in repr(seen)


# -- guests of events, reference data ----------------------------------------------------


async def test_guests_nobody_knows_are_fetched_in_batches_and_misses_remembered(
    store: Path,
) -> None:
    inn = Inn()
    inn.rows["stays"] = [stay(f"s{n}", guest=f"g{n}") for n in range(8)]
    original = inn.page

    def page(stream: str, params: Any) -> dict[str, Any]:
        # The list shows no guests, as if they were archived; by id, some are there.
        if stream == "guests" and "ids" in params:
            ids = [id for id in params["ids"].split(",") if id < "g6"]
            return {"items": [guest(id) for id in ids], "total": len(ids)}
        return original(stream, params)

    inn.page = page  # type: ignore[method-assign]
    await sync(store, inn)

    batches = [query["ids"] for query in inn.asked("guests") if "ids" in query]
    assert batches == ["g0,g1,g2", "g3,g4,g5", "g6,g7"]
    assert len(asked(store, "SELECT * FROM profiles")) == 6

    inn.rows["stays"] += [stay("more", guest="g7", changed="2026-10-05T10:00:00Z")]
    inn.forget_requests()
    await sync(store, inn)
    assert not [query for query in inn.asked("guests") if "ids" in query]

    # A day later, the platform may have heard of them.
    inn.rows["stays"] += [stay("later", guest="g7", changed="2026-10-06T10:00:00Z")]
    await sync(store, inn, clock=FixedClock(NOW + timedelta(days=1, seconds=1)))
    assert [query["ids"] for query in inn.asked("guests") if "ids" in query] == ["g7"]


async def test_lookups_are_answered_from_memory_and_the_store(store: Path) -> None:
    inn = busy()
    inn.rows["rooms"] = [{"id": f"r{n}", "name": f"Room {n}"} for n in range(3)]
    for number, row in enumerate(inn.rows["stays"]):
        row["room"] = f"r{number % 4}"  # r3 is not there

    await sync(store, inn)

    assert [query["ids"] for query in inn.asked("rooms")] == ["r0,r1", "r2,r3"]
    rooms = {
        (row[0], row[1])
        for row in asked(
            store,
            "SELECT s.name, key FROM records JOIN streams s ON s.id = stream_id WHERE s.name = 'rooms'",
        )
    }
    assert {("rooms", "r0"), ("rooms", "r1"), ("rooms", "r2")} == rooms

    inn.forget_requests()
    await sync(store, inn)
    assert [query["ids"] for query in inn.asked("rooms")] == ["r3"]

    inn.forget_requests()
    await sync(store, inn, clock=FixedClock(NOW + timedelta(days=2)))
    assert [query["ids"] for query in inn.asked("rooms")] == ["r0,r1", "r2,r3"]


async def test_a_hook_that_asks_without_end_is_quarantined(store: Path) -> None:
    """Law 5. Seen to fail when what still asks after three rounds counts as mapped."""

    def parse_event(record: Record, related: Any) -> list[Event]:
        if record.stream == "stays":
            for number in range(99):
                related[Ref("guests", f"{record.id}-{number}")]
        return []

    await sync(store, busy(1), altered(parse_event=parse_event))

    assert quarantined(store) == [("s0", "related")]


@pytest.mark.parametrize("ask", ["raise", "yield"])
async def test_asking_for_an_unknown_stream_is_a_fault_of_the_hook(store: Path, ask: str) -> None:
    def parse_event(record: Record, related: Any) -> Any:
        if record.stream == "stays":
            if ask == "raise":
                related[Ref("gusets", "ada")]
            yield Ref("gusets", "ada")

    await sync(store, busy(1), altered(parse_event=parse_event))

    assert quarantined(store) == [("s0", "parse_event")]


# -- versions ------------------------------------------------------------------------------


class Watching:
    """Acorn with a ``parse_event`` that notes what each version was compared with."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None, str | None]] = []

    def connector(self) -> Any:
        def parse_event(record: Record, previous: Record | None) -> Any:
            if record.stream == "stays":
                before = previous.payload.get("total") if previous else None
                self.seen.append((record.id, record.payload.get("total"), before))
            return ()

        return altered(parse_event=parse_event)


async def test_each_version_is_compared_with_the_one_before(store: Path) -> None:
    watching, inn = Watching(), Inn()
    inn.rows["stays"] = [stay("s", total="1")]
    await sync(store, inn, watching.connector())
    inn.rows["stays"] = [stay("s", total="2", changed="2026-10-02T10:00:00Z")]
    await sync(store, inn, watching.connector())

    assert watching.seen == [("s", "1", None), ("s", "2", "1")]


async def test_versions_in_one_page_follow_each_other_whatever_their_order(store: Path) -> None:
    watching, inn = Watching(), Inn()
    inn.rows["stays"] = [
        stay("s", total="3", changed="2026-10-03T10:00:00Z"),
        stay("s", total="1"),
        stay("s", total="2", changed="2026-10-02T10:00:00Z"),
        stay("s", total="3", changed="2026-10-03T10:00:00Z"),
    ]
    report = await sync(store, inn, watching.connector())

    assert watching.seen[:3] == [("s", "1", None), ("s", "2", "1"), ("s", "3", "2")]
    # Asked for what changed, the platform shows all of them once more.
    assert watching.seen[3:] == [("s", "1", None), ("s", "2", None)]
    expected = {"mapped": 3, "unchanged": 3, "superseded": 2}
    assert expected == {
        outcome: total for (stream, outcome), total in report.outcomes.items() if stream == "stays"
    }


async def test_a_late_older_version_is_mapped_for_its_events_and_replaces_nothing(
    store: Path,
) -> None:
    """Seen to fail when ``late`` is always False, or lets the other hooks run."""
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay("s", total="2", changed="2026-10-09T10:00:00Z")]
    await sync(store, inn)
    before = dump(store)

    inn.rows["stays"] = [
        stay("s", total="1", cancelled="2026-10-02T10:00:00Z", changed="2026-10-09T09:00:00Z")
    ]
    inn.rows["stays"][0]["changed"] = "2026-10-09T09:59:00Z"
    inn.page = lambda stream, _: {"items": list(inn.rows[stream]), "total": len(inn.rows[stream])}  # type: ignore[method-assign]
    report = await sync(store, inn)
    after = dump(store)

    assert report.outcomes["stays", "superseded"] == 1
    assert metrics(store) == {"Booked Stay": 1, "Cancelled Stay": 1}
    assert (before["records"], before["reservations"]) == (after["records"], after["reservations"])


async def test_the_first_event_under_an_id_stands(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay("s", total="1")]
    await sync(store, inn)
    first = logged(store, 1)
    inn.rows["stays"] = [stay("s", total="2", changed="2026-10-02T10:00:00Z")]
    await sync(store, inn)

    assert first == logged(store, 1)


async def test_a_partial_record_is_laid_over_what_is_stored(store: Path) -> None:
    """Seen to fail when the version or the completeness of a partial record gets lost."""
    seen: list[Record] = []

    def map_reservation(record: Record) -> None:
        if record.stream == "stays":
            seen.append(record)

    inn = Inn()
    inn.rows["stays"] = [
        {"id": "s", "partial": True, "note": "n", "guest": "ada", "booked": "2026-09-01T10:00:00Z"}
    ]
    await sync(store, inn, altered(map_reservation=map_reservation))
    inn.rows["stays"] = [stay("s", total="7")]
    await sync(store, inn, altered(map_reservation=map_reservation))
    inn.rows["stays"] = [{"id": "s", "partial": True, "total": "8"}]
    await sync(store, inn, altered(map_reservation=map_reservation))

    alone, whole, over = seen
    assert [alone.partial, whole.partial, over.partial] == [True, False, False]
    assert "note" not in whole.payload
    assert {**whole.payload, "partial": True, "total": "8"} == over.payload
    assert over.guests == ("ada",)
    assert whole.version == over.version


async def test_a_record_in_the_page_and_asked_for_at_once_is_taken_in_order(store: Path) -> None:
    """Seen to fail when what a take has mapped is forgotten between its rounds: the same
    version is mapped twice, and an older one that a slow replica gives wins.
    """
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    await sync(store, inn)

    def fetch(client: Any, query: Any) -> Any:
        async def pages() -> Any:
            if query.purpose is Purpose.IDS:
                row = guest("eve", name="Old", changed="2026-10-02T10:00:00Z")
                yield Page([acorn.build_record("guests", row)])
            elif query.stream == "guests":
                row = guest("eve", name="New", changed="2026-10-03T10:00:00Z")
                asking = acorn.build_record("stays", stay("s", friend="eve", guest="ada"))
                yield Page([acorn.build_record("guests", row), asking], {"v": 1})

        return pages()

    async def fetch_history(client: Any, query: Any) -> Any:
        async for page in fetch(client, query):
            yield page

    await sync(store, inn, altered(fetch_history=fetch_history))

    names = dict(
        asked(store, "SELECT g.key, first_name FROM profiles JOIN guests g ON g.id = guest_id")
    )
    assert names == {"ada": "Ada", "eve": "New"}
    assert outcomes(store)["guests", "superseded"] == 1


# -- hooks fail separately ---------------------------------------------------------------------


def stumbling(hook: str, name: str = "x") -> Any:
    """Acorn with one hook that fails on the records called *name*."""
    original = getattr(acorn, hook)

    def failing(record: Record, previous: Any, related: Any, context: Any) -> Any:
        if record.id == name:
            raise ValueError("CANARY of " + str(record.payload.get("email")))
        given = {"record": record, "previous": previous, "related": related, "context": context}
        code = original.__code__
        return original(**{name: given[name] for name in code.co_varnames[: code.co_argcount]})

    return altered(**{hook: failing})


async def test_a_failing_parse_event_stops_neither_profile_nor_consent(store: Path) -> None:
    """Seen to fail when ``_collect`` keeps all outputs of a failing record back."""
    inn = Inn()
    inn.rows["guests"] = [guest("x"), guest("ada")]

    report = await sync(store, inn, stumbling("parse_event"))

    assert quarantined(store) == [("x", "parse_event")]
    assert (report.profiles, report.consents, report.quarantined) == (2, 2, 1)
    async with Desk(store) as desk:
        rows = {row.guest: row.consent for row in await desk.profiles()}
    assert rows == {"ada": {"email": "subscribed"}, "x": {"email": "subscribed"}}


@pytest.mark.parametrize(
    ("hook", "kept"),
    [
        ("map_profile", {"profiles": 1, "consents": 1, "events": 4, "reservations": 3}),
        ("sync_consent", {"profiles": 2, "consents": 1, "events": 4, "reservations": 3}),
        ("map_reservation", {"profiles": 2, "consents": 2, "events": 4, "reservations": 2}),
        ("parse_event", {"profiles": 2, "consents": 2, "events": 3, "reservations": 3}),
    ],
)
async def test_the_other_hooks_outputs_are_kept(
    store: Path, hook: str, kept: dict[str, int]
) -> None:
    inn = busy(2)
    inn.rows["guests"] = [guest("x"), guest("ada")]
    inn.rows["stays"] = [stay("s1"), stay("s2"), stay("x")]
    inn.rows["clubs"] = [club("c")]

    report = await sync(store, inn, stumbling(hook))

    assert kept == {name: getattr(report, name) for name in kept}


async def test_an_opt_in_waits_while_nobody_knows_whether_its_guest_is_excluded(
    store: Path,
) -> None:
    """Law 4. Seen to fail when only an exclusion that is known keeps opt-ins back."""
    inn = Inn()
    inn.rows["guests"] = [guest("x", robot=True)]

    await sync(store, inn, stumbling("map_profile"))

    assert logged(store, 3) == []
    await sync(store, inn)
    assert logged(store, 3) == []
    assert asked(store, "SELECT key, excluded FROM guests") == [("x", "robot")]


async def test_a_version_a_hook_failed_on_is_not_what_the_next_is_compared_with(
    store: Path,
) -> None:
    """Seen to fail when the stored version advances although a hook failed, or when two
    versions of one page are compared before they are mapped.
    """
    seen: list[tuple[str, str | None]] = []

    def parse_event(record: Record, previous: Record | None) -> Any:
        if record.stream == "stays":
            total = record.payload["total"]
            seen.append((total, previous.payload["total"] if previous else None))
            if len(seen) == 2:
                raise ValueError(total)
        return ()

    inn = Inn()
    inn.rows["stays"] = [
        stay("s", total="1"),
        stay("s", total="2", changed="2026-10-02T10:00:00Z"),
        stay("s", total="3", changed="2026-10-03T10:00:00Z"),
    ]
    await sync(store, inn, altered(parse_event=parse_event))

    assert seen[:3] == [("1", None), ("2", "1"), ("3", "1")]
    # The third version settled what the second left open.
    assert quarantined(store) == []


async def test_a_failed_version_is_tried_again_and_settled(store: Path) -> None:
    inn = busy(0)
    inn.rows["guests"] = [guest("x")]
    inn.rows["stays"] = [stay("x")]
    for _ in range(3):
        await sync(store, inn, stumbling("parse_event"))
    # The history and three rounds of changes.
    assert asked(store, "SELECT tries FROM quarantine") == [(4,), (4,)]
    assert [key for key, _ in quarantined(store) if key == "x"][:1] == ["x"]
    entries = len(logged(store, 2)), len(logged(store, 3)), len(logged(store, 4))
    assert entries == (1, 1, 1)

    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn)
        ids = [row.id for row in await desk.quarantine()]
        results = await desk.replay(*ids)
        again = await desk.replay(*ids)

    assert {"replayed"} == set(results.values())
    assert {"settled already: replayed"} == set(again.values())
    assert metrics(store)["Booked Stay"] == 1
    assert quarantined(store) == []
    assert entries == (len(logged(store, 2)), len(logged(store, 3)), len(logged(store, 4)))


async def test_a_replay_that_fails_again_says_why(store: Path) -> None:
    inn = busy(0)
    inn.rows["guests"] = [guest("x"), {"id": "y"}, {"nothing": 1}]
    await sync(store, inn, stumbling("parse_event"))

    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn, stumbling("parse_event"))
        results = await desk.replay(*sorted(row.id for row in await desk.quarantine()))

    reasons = " ".join(results.values())
    assert len([r for r in results.values() if r.startswith("still quarantined: ")]) == 3
    assert "ValueError in failing()" in reasons
    assert "missing field 'email'" in reasons
    assert "missing field 'id'" in reasons
    assert "CANARY" not in reasons


async def test_a_row_mended_in_the_connector_is_replayed(store: Path) -> None:
    inn = busy(0)
    inn.rows["guests"] = [{"guest_id": "zoe", "email": "zoe@example.com"}]
    await sync(store, inn)
    assert [(hooks,) for _, hooks in quarantined(store)] == [("fetch_history",)]

    def build_record(stream: str, row: Any) -> Record:
        return Record(stream, row["guest_id"], {**row, "id": row["guest_id"]})

    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn, altered(build_record=build_record))
        (entry,) = await desk.quarantine()
        assert {entry.id: "replayed"} == await desk.replay(entry.id)
        assert [row.guest for row in await desk.profiles()] == ["zoe"]
        assert await desk.quarantine() == []


async def test_a_merge_that_comes_again_and_again_is_logged_once(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("x", merged="ada"), guest("ada")]
    for _ in range(3):
        await sync(store, inn, stumbling("parse_event"))

    assert logged(store, 5) == ['{"old":"x","into":"ada"}']


# -- what a hook may give ------------------------------------------------------------------------


def event(**changes: Any) -> Any:
    def parse_event(record: Record) -> Any:
        if record.id == "s0":
            yield Event(**{"metric": "Booked Stay", "guest": "ada", "time": NOW, **changes})

    return altered(parse_event=parse_event)


def profile(**changes: Any) -> Any:
    def map_profile(record: Record) -> Profile | None:
        given = {"guest": "ada", "email": "a@example.com", **changes}
        return Profile(**given) if record.id == "ada" else None

    return altered(map_profile=map_profile)


def consent(**changes: Any) -> Any:
    def sync_consent(record: Record) -> Any:
        given = {"guest": "ada", "address": "a@b.example", "channel": Channel.EMAIL}
        if record.id == "ada":
            yield Consent(**{**given, "state": ConsentState.SUBSCRIBED, **changes})

    return altered(sync_consent=sync_consent)


def reservation(**changes: Any) -> Any:
    def map_reservation(record: Record) -> Any:
        given = {"number": "1", "guest": "ada", "status": "confirmed", **changes}
        return Reservation(**given) if record.id == "s0" else None

    return altered(map_reservation=map_reservation)


def returning(**values: Any) -> Any:
    ((hook, value),) = values.items()

    def answer(record: Record) -> Any:
        return value if record.id == "s0" else None

    return altered(**{hook: answer})


NAIVE = NOW.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("make", "changes", "reason"),
    [
        (event, {"metric": "Bokked"}, "metric 'Bokked', which the manifest does not declare"),
        (event, {"guest": None}, "guest of an event is missing"),
        (event, {"guest": 5}, "guest of an event"),
        (event, {"time": NAIVE}, "no aware datetime"),
        (event, {"time": "2026"}, "no aware datetime"),
        (event, {"time": NOW.replace(year=9999, month=12, day=31)}, "out of any calendar"),
        (event, {"time": NOW.replace(year=1, month=1, day=1)}, "out of any calendar"),
        (event, {"value": 1.5}, "no Decimal"),
        (event, {"value": Decimal("NaN")}, "beyond all measure"),
        (event, {"value": Decimal("1e30")}, "beyond all measure"),
        (event, {"currency": 5}, "currency of 'Booked Stay' is no text"),
        (event, {"occurrence": object()}, "occurrence of 'Booked Stay' is no text"),
        (event, {"properties": {"Room": object()}}, "cannot be written as JSON"),
        (event, {"properties": {"Room": Decimal("NaN")}}, "cannot be written as JSON"),
        (profile, {"guest": ""}, "guest of a profile is missing"),
        (profile, {"email": 5}, "email of a profile is no text"),
        (profile, {"properties": {"x": object()}}, "cannot be written as JSON"),
        (profile, {"excluded": "dull"}, "exclusion 'dull', which the manifest does not declare"),
        (consent, {"channel": "email"}, "no Channel"),
        (consent, {"channel": Channel.SMS}, "which stays a property"),
        (consent, {"state": "subscribed"}, "no ConsentState"),
        (consent, {"address": ""}, "address of a consent is missing"),
        (consent, {"guest": None}, "guest of a consent is missing"),
        (consent, {"at": NAIVE}, "no aware datetime"),
        (reservation, {"guest": None}, "guest of a reservation is missing"),
        (reservation, {"from_": NAIVE}, "from of a reservation is no aware datetime"),
        (reservation, {"amount": 1.5}, "amount of a reservation is no Decimal"),
        (reservation, {"channel": object()}, "cannot be written as JSON"),
        (returning, {"parse_event": [5]}, "gave a int, not an Event or a Ref"),
        (returning, {"parse_event": 5}, "TypeError"),
        (returning, {"map_profile": {}}, "gave a dict, not a Profile"),
        (returning, {"map_profile": Merged("ada", "")}, "is missing"),
        (returning, {"map_profile": Merged("ada", "ada")}, "merged into itself"),
        (returning, {"sync_consent": [5]}, "gave a int, not a Consent"),
        (returning, {"map_reservation": "s0"}, "gave a str, not a Reservation"),
    ],
)
async def test_what_breaks_the_contract_is_quarantined_and_the_sync_goes_on(
    store: Path, make: Any, changes: dict[str, Any], reason: str
) -> None:
    """Seen to fail, most of them by ending the sync, when ``_Run`` checks nothing."""
    inn = busy(2)

    report = await sync(store, inn, make(**changes))

    assert report.quarantined == 1
    ((found,),) = asked(store, "SELECT reason FROM quarantine")
    assert reason in found
    assert asked(store, "SELECT count(*) FROM records JOIN payloads ON record_id = id")[0][0] >= 4


async def test_an_unknown_rule_is_no_reason_to_skip_a_record(store: Path) -> None:
    def parse_event(record: Record) -> Any:
        if record.stream == "stays":
            raise SkipRecord("mood")
        return ()

    await sync(store, busy(1), altered(parse_event=parse_event))

    assert quarantined(store) == [("s0", "parse_event")]


@pytest.mark.parametrize(
    ("built", "reason"),
    [
        ({"id": 5}, "id of a record"),
        ({"id": ""}, "id of a record"),
        ({"guests": (5,)}, "guest of a record"),
        ({"version": NAIVE}, "no aware datetime"),
        ({"site": 5}, "site of a record"),
        ({"payload": ["x"]}, "payload is no JSON object"),
        ({"payload": {"x": object()}}, "is no JSON"),
    ],
)
async def test_a_record_that_is_none_is_set_aside(
    store: Path, built: dict[str, Any], reason: str
) -> None:
    def build_record(stream: str, row: Any) -> Record:
        record = acorn.build_record(stream, row)
        return attrs.evolve(record, **built) if row["id"] == "s0" else record

    async def fetch_history(client: Any, query: Any) -> Any:
        if query.purpose is Purpose.HISTORY:
            yield Page([build_record(query.stream, row) for row in inn.rows[query.stream]])

    inn = busy(2)
    report = await sync(store, inn, altered(fetch_history=fetch_history))

    assert report.quarantined == 1
    assert reason in asked(store, "SELECT reason FROM quarantine")[0][0]
    assert metrics(store) == {"Booked Stay": 1, "Joined Club": 2}


# -- full scans ---------------------------------------------------------------------------------------


async def test_what_a_full_scan_misses_is_mapped_once_as_deleted(store: Path) -> None:
    """Seen to fail when a later scan is not numbered anew: nothing is ever missed then."""
    inn = busy(0)
    await sync(store, inn)
    del inn.rows["clubs"][0]
    await sync(store, inn)

    assert metrics(store) == {"Joined Club": 2, "Left Club": 1}
    for _ in range(2):
        await sync(store, inn)
    assert metrics(store) == {"Joined Club": 2, "Left Club": 1}
    # It is back: another version, and its first event stands.
    inn.rows["clubs"].append(club("c1"))
    await sync(store, inn)
    assert asked(
        store,
        "SELECT deleted FROM records JOIN streams s ON s.id = stream_id WHERE s.name = 'clubs'",
    ) == [(0,), (0,)]


async def test_what_a_scan_meets_is_not_missing_whatever_becomes_of_it(store: Path) -> None:
    """Law 2 and 5. Seen to fail when only what is stored or unchanged counts as met."""
    inn = busy(0)
    await sync(store, inn)
    inn.rows["clubs"][0] |= {"joined": "never", "changed": "2026-10-02T10:00:00Z"}
    inn.rows["clubs"][1] |= {"changed": "2026-01-01T10:00:00Z", "id": "c2"}

    await sync(store, inn)

    assert metrics(store) == {"Joined Club": 2}
    assert quarantined(store) == [("c1", "parse_event")]


async def test_a_row_that_cannot_be_read_may_be_the_missing_one(store: Path) -> None:
    """Law 2. Seen to fail when a scan with unreadable rows still tells what is missing."""
    inn = busy(0)
    await sync(store, inn)
    inn.rows["clubs"][0] = {"ident": "c1", "guest": "ada"}

    await sync(store, inn)
    assert metrics(store) == {"Joined Club": 2}

    inn.rows["clubs"][0] = club("c1")
    inn.rows["clubs"].pop()
    await sync(store, inn)
    assert metrics(store) == {"Joined Club": 2, "Left Club": 1}


async def test_a_deletion_that_cannot_be_mapped_does_not_keep_the_sync_for_ever(
    store: Path,
) -> None:
    """Seen to fail (it never ended) when a failed deletion is not stamped as met."""

    def parse_event(record: Record, previous: Any, related: Any, context: Any) -> Any:
        if record.deleted:
            raise ValueError
        return acorn.parse_event(record, previous, related, context)

    inn = busy(0)
    await sync(store, inn)
    inn.rows["clubs"].clear()
    await sync(store, inn, altered(parse_event=parse_event))

    assert quarantined(store) == [("c1", "parse_event"), ("c2", "parse_event")]
    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, inn)
        await desk.replay(*(row.id for row in await desk.quarantine()))
    assert metrics(store) == {"Joined Club": 2, "Left Club": 2}


# -- guests: excluded, merged, gone ------------------------------------------------------------------------


async def test_an_excluded_guest_is_held_back_until_the_state_clears(store: Path) -> None:
    inn = busy(1)
    inn.rows["stays"] = [stay("s", guest="rob")]
    inn.rows["guests"] = [guest("rob", robot=True)]
    await sync(store, inn)

    assert asked(store, "SELECT key, excluded FROM guests WHERE key = 'rob'") == [("rob", "robot")]
    assert (logged(store, 2), logged(store, 3)) == ([], [])
    # The guest's events are logged and counted; they flow when the state clears.
    assert metrics(store)["Booked Stay"] == 1
    assert outcomes(store)["guests", "skipped: robot"] == 1

    inn.rows["guests"] = [guest("rob", changed="2026-10-02T10:00:00Z")]
    await sync(store, inn)
    assert asked(store, "SELECT key, excluded FROM guests WHERE key = 'rob'") == [("rob", None)]
    assert (len(logged(store, 2)), len(logged(store, 3))) == (1, 1)


async def test_an_excluded_guests_opt_out_counts(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    await sync(store, inn)
    inn.rows["guests"] = [guest("ada", robot=True, news=False, changed="2026-10-02T10:00:00Z")]
    await sync(store, inn)

    assert asked(store, "SELECT state FROM consents") == [("subscribed",), ("unsubscribed",)]


async def test_a_merged_guest_leaves_its_profile_to_the_other(store: Path) -> None:
    inn = busy(0)
    await sync(store, inn)
    inn.rows["guests"][1] |= {"merged": "ada", "changed": "2026-10-02T10:00:00Z"}
    await sync(store, inn)

    question = "SELECT o.key, n.key FROM guests o JOIN guests n ON n.id = o.merged_into"
    assert asked(store, question) == [("bob", "ada")]
    assert logged(store, 5) == ['{"old":"bob","into":"ada"}']
    async with Desk(store) as desk:
        assert [row.guest for row in await desk.profiles()] == ["ada"]


async def test_an_erased_guests_older_profiles_are_blanked_where_they_stand(store: Path) -> None:
    """Seen to fail when ``_leave`` blanks nothing, and when what the same page logged before
    is written after the blanking.
    """
    inn = busy(0)
    inn.rows["guests"] = [
        guest("eva", name="Eva-CANARY"),
        guest("eva", name="Eva2-CANARY", changed="2026-10-02T10:00:00Z"),
        guest("ada"),
    ]
    await sync(store, inn)
    places = asked(store, "SELECT seq, kind FROM log ORDER BY seq")
    inn.rows["guests"] = [
        guest("eva", name="Eva3-CANARY", changed="2026-10-03T10:00:00Z"),
        {"id": "eva", "erased": True, "changed": "2026-10-04T10:00:00Z"},
    ]
    await sync(store, inn)

    assert [body for body in logged(store, 2) if "ada" not in body] == ["{}", "{}"]
    assert places == asked(store, "SELECT seq, kind FROM log ORDER BY seq")[: len(places)]
    (gone,) = logged(store, 6)
    assert gone.endswith(',"erase":true}')
    assert "eva" not in gone
    with opened(store) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"CANARY" not in written(store)


# -- accounts ----------------------------------------------------------------------------------------------------


async def both(store: Path, first: Inn, second: Inn) -> str:
    """Sync two inns as two connections; return why the second is refused."""
    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, first, name="oak")
        connected(desk, second, name="elm")
        await desk.sync("oak")
        with pytest.raises(AccountError) as caught:
            await desk.sync("elm")
    return str(caught.value)


async def test_an_account_under_two_connections_is_refused_by_name(store: Path) -> None:
    message = await both(store, busy(), busy())

    assert "connection 'elm' opens account 'oak-1' ('The Oak'), which connection 'oak'" in message
    assert asked(store, "SELECT name FROM connections") == [("oak",)]


async def test_a_site_under_two_connections_is_refused_by_name(store: Path) -> None:
    message = await both(store, busy(), Inn("chain-7", site="oak-1"))

    assert "connection 'elm' includes site 'oak-1', which connection 'oak'" in message


async def test_a_renamed_connection_keeps_its_data(store: Path) -> None:
    """Law 2. Seen to fail when ids, or the row of an account, are made with the name."""
    inn = busy()
    await sync(store, inn, name="oak")
    before = dump(store)
    report = await sync(store, inn, name="elm")
    after = dump(store)

    assert (report.events, report.profiles, report.consents, report.reservations) == (0, 0, 0, 0)
    assert asked(store, "SELECT name FROM connections") == [("elm",)]
    assert before["log"] == after["log"]


async def test_another_account_under_an_old_name_is_refused_by_name(store: Path) -> None:
    await sync(store, busy(), name="oak")
    with pytest.raises(AccountError) as caught:
        await sync(store, Inn("elm-1"), name="oak")

    assert "connection 'oak' was acorn account 'oak-1' ('The Oak')" in str(caught.value)
    assert "acorn account 'elm-1'" in str(caught.value)
    assert asked(store, "SELECT state FROM connections") == [("needs attention",)]


async def test_a_known_account_under_anothers_old_name_is_refused_by_name(store: Path) -> None:
    """Seen to fail (by an error of the database) when only new accounts are looked at."""
    await sync(store, busy(), name="oak")
    await sync(store, Inn("elm-1"), name="elm")
    with pytest.raises(AccountError, match="connection 'oak' was acorn account 'oak-1'"):
        await sync(store, Inn("elm-1"), name="oak")


# -- tidiness --------------------------------------------------------------------------------------------------------


async def test_numbers_of_the_log_are_without_gaps_and_in_order(store: Path) -> None:
    inn = busy()
    await sync(store, inn)
    await sync(store, inn)

    numbers = [seq for (seq,) in asked(store, "SELECT seq FROM log ORDER BY rowid")]
    assert list(range(1, len(numbers) + 1)) == numbers
    assert [(len(numbers),)] == asked(store, "SELECT seq FROM connections")


async def test_quarantine_is_shown_masked_unless_asked_otherwise(store: Path) -> None:
    inn = busy(0)
    inn.rows["guests"] = [guest("x", age=41)]
    await sync(store, inn, stumbling("parse_event"))

    async with Desk(store) as desk:
        (row,) = await desk.quarantine()
        hidden, shown = await desk.quarantined(row.id), await desk.quarantined(row.id, reveal=True)
        with pytest.raises(Exception, match="no entry 99 in quarantine"):
            await desk.quarantined(99)

    assert tuple(hidden["payload"]["payload"][k] for k in ("email", "age")) == (
        "<text>",
        "<number>",
    )
    assert shown["payload"]["payload"]["email"] == "x@example.com"
