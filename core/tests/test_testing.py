"""The conformance suite: Acorn passes it, and every test of it fails on a connector that is wrong."""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import acorn
import attrs
import httpx
import pytest
from acorn_suite import AcornSuite
from inn import TOKEN, altered, install

from frontdesk import (
    Channel,
    Client,
    Consent,
    ConsentState,
    Delivery,
    Event,
    Kind,
    Metric,
    Page,
    ProfileField,
    Property,
    Purpose,
    Query,
    Record,
    Ref,
)
from frontdesk.errors import AuthenticationError, RecordError, SkipRecord
from frontdesk.testing import ConnectorSuite
from frontdesk.testing._contract import weakened
from frontdesk.testing._observed import observe
from frontdesk.testing._purity import watched


class TestAcorn(AcornSuite):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def installed(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patched:
            patched.syspath_prepend(str(install(tmp_path_factory.mktemp("site"))))
            yield


# -- connectors that are wrong, each in one way -----------------------------------------------


def declaring(**changes: Any) -> ModuleType:
    """Acorn with another manifest."""
    return altered(manifest=attrs.evolve(acorn.manifest, **changes))


def paging(change: Callable[[Page, Query], Page | None]) -> ModuleType:
    """Acorn with other pages; None leaves one out."""

    async def fetch_history(client: Any, query: Query) -> Any:
        async for page in acorn.fetch_history(client, query):
            changed = change(page, query)
            if changed is not None:
                yield changed

    return altered(fetch_history=fetch_history)


def recording(change: Callable[[Record], Record]) -> ModuleType:
    """Acorn with other records."""

    def changed(page: Page, query: Query) -> Page:
        records = [change(r) if isinstance(r, Record) else r for r in page.records]
        return attrs.evolve(page, records=records)

    return paging(changed)


def telling(change: Callable[[Event, Record, Any], Event | None]) -> ModuleType:
    """Acorn with other events of stays; None leaves one out."""

    def parse_event(record: Record, previous: Any, related: Any, context: Any) -> Any:
        for event in acorn.parse_event(record, previous, related, context):
            told = change(event, record, previous) if isinstance(event, Event) else event
            if told is not None:
                yield told

    return altered(parse_event=parse_event)


def occurring(occurrence: Callable[[Record], str]) -> ModuleType:
    return telling(lambda event, record, _: attrs.evolve(event, occurrence=occurrence(record)))


def stating(change: Callable[[Consent, Record], Consent]) -> ModuleType:
    """Acorn with other statements of consent."""

    def sync_consent(record: Record, previous: Any) -> Any:
        return [change(consent, record) for consent in acorn.sync_consent(record, previous)]

    return altered(sync_consent=sync_consent)


def looking(look: Callable[[Record], object]) -> ModuleType:
    """Acorn with a profile for which something is done besides."""

    def map_profile(record: Record) -> Any:
        look(record)
        return acorn.map_profile(record)

    return altered(map_profile=map_profile)


def only_two_pages() -> ModuleType:
    async def fetch_history(client: Any, query: Query) -> Any:
        number = 0
        async for page in acorn.fetch_history(client, query):
            number += 1
            if number <= 2 or query.purpose is not Purpose.HISTORY:
                yield page

    return altered(fetch_history=fetch_history)


def too_far(page: Page, query: Query) -> Page:
    cursor = page.cursor
    if cursor and cursor["offset"] and query.purpose is Purpose.HISTORY:
        cursor = {**cursor, "offset": cursor["offset"] + 1}
    return attrs.evolve(page, cursor=cursor)


def from_the_beginning() -> ModuleType:
    async def fetch_history(client: Any, query: Query) -> Any:
        async for page in acorn.fetch_history(client, attrs.evolve(query, since=None)):
            yield page

    return altered(fetch_history=fetch_history)


def bare(page: Page, query: Query) -> Page:
    def less(record: Any) -> Any:
        payload = {k: v for k, v in record.payload.items() if k != "Room"}
        return attrs.evolve(record, payload=payload)

    read = query.purpose is Purpose.IDS
    return attrs.evolve(page, records=[less(r) for r in page.records]) if read else page


class Impatient:
    """A client that never tries again."""

    def __init__(self, client: Client[Any]) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def get(self, path: str, **options: Any) -> Any:
        return await self._client.get(path, retry=False, **options)


def impatient() -> ModuleType:
    async def fetch_history(client: Any, query: Query) -> Any:
        async for page in acorn.fetch_history(Impatient(client), query):
            yield page

    return altered(fetch_history=fetch_history)


def stubborn() -> ModuleType:
    async def open_account(client: Any) -> Any:
        with suppress(AuthenticationError):
            return await acorn.open_account(client)
        return await acorn.open_account(client)

    return altered(open_account=open_account)


def counting() -> ModuleType:
    numbers = itertools.count()
    return occurring(lambda _: str(next(numbers)))


def remembering() -> ModuleType:
    known: set[str] = set()

    def first_only(event: Event, record: Record, _: Any) -> Event | None:
        new = record.id not in known
        known.add(record.id)
        return event if new else None

    return telling(first_only)


def first_version(event: Event, record: Record, previous: Any) -> Event | None:
    return None if previous else attrs.evolve(event, occurrence=str(record.version))


def scribbling(record: Record) -> None:
    record.payload["seen before"] = True  # type: ignore[index]


def subscribed_at_first_sight() -> ModuleType:
    def sync_consent(record: Record, previous: Any) -> Any:
        if previous is None and record.stream == "guests" and record.payload.get("email"):
            email = record.payload["email"]
            return [Consent(record.id, email, Channel.EMAIL, ConsentState.SUBSCRIBED)]
        return acorn.sync_consent(record, previous)

    return altered(sync_consent=sync_consent)


def looking_up_too_late() -> ModuleType:
    async def fetch_history(client: Any, query: Query) -> Any:
        async for page in acorn.fetch_history(client, query):
            yield page
        if (query.stream, query.purpose) == ("clubs", Purpose.CHANGES):
            await client.lookup("rooms", ["r2"])

    return altered(fetch_history=fetch_history)


def hasty(page: Page, query: Query) -> Page:
    sorted(record.payload["changed"] for record in page.records if query.stream == "guests")
    return page


def quoting(record: Record) -> None:
    name = record.payload.get("name", "")
    if not isinstance(name, str):
        raise RecordError(f"{name!r} is no name")


def openly() -> ModuleType:
    @attrs.frozen
    class Settings:
        token: str = attrs.field(kw_only=True, metadata={"secret": True})
        page_size: int = attrs.field(default=10, kw_only=True)

    return declaring(settings=Settings)


class Both(acorn.TokenAuth):
    """Signs the URL as well."""

    def auth_flow(self, request: httpx.Request) -> Any:
        request.url = request.url.copy_merge_params({"token": TOKEN})
        yield from super().auth_flow(request)


def copied(record: Record) -> Record:
    papers = record.payload.get("passport")
    return attrs.evolve(record, payload={**record.payload, "papers": papers}) if papers else record


def mapped_from_discarded() -> ModuleType:
    def map_profile(record: Record) -> Any:
        profile = acorn.map_profile(record)
        papers = record.payload.get("passport")
        return attrs.evolve(profile, first_name=papers) if papers and profile else profile

    return altered(map_profile=map_profile)


def by_e_mail(record: Record) -> Record:
    email = record.payload.get("email")
    return attrs.evolve(record, id=email) if email else record


def unmarked() -> ModuleType:
    guests, *others = acorn.manifest.streams
    return declaring(streams=(attrs.evolve(guests, sensitive=("name",)), *others))


def verifying(verify: Callable[[str, bytes], bool]) -> ModuleType:
    def verify_webhook(delivery: Delivery) -> bool:
        return verify(delivery.headers.get("x-acorn-signature", ""), delivery.body)

    return altered(verify_webhook=verify_webhook)


def dated(delivery: Delivery) -> Any:
    datetime.now(UTC)
    return acorn.read_webhook(delivery)


def trusting(delivery: Delivery) -> Any:
    return [Ref(news["stream"], str(news.get("id"))) for news in json.loads(delivery.body)["news"]]


def loose() -> ModuleType:
    return declaring(
        settings=attrs.make_class(
            "Loose",
            {"token": attrs.field(default=TOKEN), "page_size": attrs.field(default=10)},
            frozen=True,
        )
    )


STAY = acorn.manifest.metrics[0]
MORE = Metric("Snored", (Property("Loudness", "number"),))
NOTED = attrs.evolve(STAY, properties=(*STAY.properties, Property("Weather", "string")))
ROOMY = attrs.evolve(
    STAY,
    properties=[
        attrs.evolve(p, type="integer") if p.name == "Room" else p for p in STAY.properties
    ],
)
SHOE = ProfileField("Shoe Size", Kind.CUSTOM)


def mooded(event: Event, *_: Any) -> Event:
    return attrs.evolve(event, properties={**event.properties, "Mood": "good"})


def skipping(record: Record) -> None:
    if record.id == "bob":
        raise SkipRecord("mood")


#: The name of what is wrong: the connector, and the one test that must notice.
WRONG: dict[str, tuple[Callable[[], ModuleType], str]] = {
    "no entry point": (lambda: ModuleType("nobody"), "is_discoverable"),
    "misspelt argument": (
        lambda: altered(map_profile=lambda record, contxt=None: None),
        "keeps_the_hook_contract",
    ),
    "nothing required": (loose, "settings_reject_missing_and_unknown_ones"),
    "two pages and no more": (only_two_pages, "history_pages_to_the_end"),
    "cursor too far": (lambda: paging(too_far), "history_resumes_from_every_cursor"),
    "no window": (from_the_beginning, "history_respects_the_window"),
    "joins in history only": (lambda: paging(bare), "reading_by_ids_gives_the_same_records"),
    "never again": (impatient, "429_and_503_are_tried_again_as_asked"),
    "again at once": (stubborn, "an_auth_failure_is_not_tried_again"),
    "metric without events": (
        lambda: declaring(metrics=(*acorn.manifest.metrics, MORE)),
        "every_declared_metric_is_produced",
    ),
    "property without values": (
        lambda: declaring(metrics=(NOTED, *acorn.manifest.metrics[1:])),
        "every_declared_property_is_produced",
    ),
    "field without values": (
        lambda: declaring(profile=(*acorn.manifest.profile, SHOE)),
        "every_declared_profile_field_is_produced",
    ),
    "undeclared field": (
        lambda: declaring(profile=acorn.manifest.profile[:1]),
        "nothing_undeclared_is_produced",
    ),
    "undeclared metric": (
        lambda: declaring(metrics=acorn.manifest.metrics[1:]),
        "nothing_undeclared_is_produced",
    ),
    "undeclared property": (lambda: telling(mooded), "nothing_undeclared_is_produced"),
    "undeclared exclusion": (lambda: looking(skipping), "nothing_undeclared_is_produced"),
    "text for a number": (
        lambda: declaring(metrics=(ROOMY, *acorn.manifest.metrics[1:])),
        "types_are_as_declared",
    ),
    "money as a float": (
        lambda: telling(lambda e, *_: attrs.evolve(e, value=1.5)),
        "times_are_aware_and_money_is_exact",
    ),
    "money without currency": (
        lambda: telling(lambda e, *_: attrs.evolve(e, currency=None)),
        "times_are_aware_and_money_is_exact",
    ),
    "wall clock": (
        lambda: telling(lambda e, *_: attrs.evolve(e, time=e.time.replace(tzinfo=None))),
        "times_are_aware_and_money_is_exact",
    ),
    "undeclared channel": (
        lambda: stating(lambda c, _: attrs.evolve(c, channel=Channel.SMS)),
        "consent_is_only_on_declared_channels",
    ),
    "counter in the id": (counting, "event_ids_are_stable"),
    "origin in the id": (
        lambda: occurring(lambda record: record.origin),
        "event_ids_are_stable",
    ),
    "first version in the id": (
        lambda: telling(first_version),
        "the_last_version_proves_no_more_than_any_path_to_it",
    ),
    "state": (remembering, "mapping_is_pure"),
    "clock": (lambda: looking(lambda _: datetime.now(UTC)), "mapping_is_pure"),
    "I/O": (lambda: looking(lambda _: Path(__file__).open().close()), "mapping_is_pure"),
    "changed argument": (lambda: looking(scribbling), "mapping_is_pure"),
    "opt-in dated today": (
        lambda: stating(lambda c, r: attrs.evolve(c, at=r.seen) if c.state == "subscribed" else c),
        "no_replay_revives_anybody",
    ),
    "opt-in at first sight": (subscribed_at_first_sight, "no_replay_revives_anybody"),
    "lookup after the last page": (looking_up_too_late, "every_record_read_is_accounted_for"),
    "stumbling reader": (lambda: paging(hasty), "a_malformed_record_never_stops_a_sync"),
    "quoted value": (lambda: looking(quoting), "no_reason_quotes_a_value"),
    "secret in a repr": (openly, "secrets_are_never_shown"),
    "secret in the URL": (
        lambda: declaring(authenticate=lambda settings: Both(settings.token)),
        "secrets_are_never_shown",
    ),
    "discarded, but copied": (lambda: recording(copied), "what_is_discarded_is_found_nowhere"),
    "discarded, but mapped": (mapped_from_discarded, "what_is_discarded_is_found_nowhere"),
    "e-mail for an id": (lambda: recording(by_e_mail), "quarantine_shows_no_guest"),
    "sensitive, but unmarked": (unmarked, "withholding_covers_what_is_sensitive"),
    "nothing is genuine": (
        lambda: verifying(lambda *_: False),
        "a_genuine_delivery_is_believed",
    ),
    "half a signature": (
        lambda: verifying(lambda shown, body: shown[:32] == acorn.signature(body, TOKEN)[:32]),
        "a_forged_delivery_is_refused",
    ),
    "unsigned body": (
        lambda: verifying(lambda shown, _: len(shown) == 64),
        "a_forged_delivery_is_refused",
    ),
    "clock in a webhook": (
        lambda: altered(read_webhook=dated),
        "reading_a_delivery_is_pure_and_offline",
    ),
    "trusted body": (
        lambda: altered(read_webhook=trusting),
        "a_malformed_delivery_is_refused_quietly",
    ),
}


def outcome(suite: ConnectorSuite, test: str, folder: Path) -> list[str]:
    """Run one test of a suite, with each of its parameters; return how it failed."""
    function = getattr(suite, f"test_{test}")
    needs = inspect.signature(function).parameters
    failed: list[str] = []
    with suite.platform() as platform:
        given: dict[str, Any] = {"tmp_path": folder}
        if "observed" in needs:
            given["observed"] = suite.run(lambda: observe(suite, platform))
        for status in (429, 503) if "status" in needs else (None,):
            given["status"] = status
            try:
                function(**{name: given[name] for name in needs})
            except pytest.skip.Exception as skipped:
                failed.append(f"skipped: {skipped}")
            except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001
                failed.append(f"failed: {error}")
    return failed


def broken(module: ModuleType) -> ConnectorSuite:
    return type("Broken", (AcornSuite,), {"connector": module})()  # type: ignore[no-any-return]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_connector_that_is_wrong_is_noticed(wrong: str, tmp_path: Path) -> None:
    make, test = WRONG[wrong]

    failed = outcome(broken(make()), test, tmp_path)

    assert failed
    assert all(how.startswith("failed") for how in failed)


def standard_tests() -> list[str]:
    return [name.removeprefix("test_") for name in dir(ConnectorSuite) if name.startswith("test_")]


def test_every_standard_test_can_fail() -> None:
    proven = {test for _, test in WRONG.values()} | {"no_standard_test_is_weakened"}

    assert set(standard_tests()) == proven


@pytest.mark.parametrize("test", standard_tests())
def test_every_standard_test_says_what_to_do(test: str) -> None:
    text = inspect.getdoc(getattr(ConnectorSuite, f"test_{test}")) or ""

    assert "If this fails, " in text.split("\n\n")[-1].replace("\n", " ")


# -- the guard ---------------------------------------------------------------------------------


def suite_with(**changes: Any) -> type[Any]:
    return type("Changed", (AcornSuite,), changes)


def test_a_standard_test_is_neither_replaced_nor_removed() -> None:
    def test_mapping_is_pure(self: Any) -> None: ...

    assert weakened(AcornSuite) == []
    assert weakened(suite_with(test_mapping_is_pure=test_mapping_is_pure)) == [
        "test_mapping_is_pure"
    ]
    assert weakened(suite_with(test_is_discoverable=None)) == ["test_is_discoverable"]
    assert weakened(suite_with(test_of_my_own=test_mapping_is_pure)) == []


@pytest.mark.parametrize(("mark", "excused"), [({"reason": "an old API"}, True), ({}, False)])
def test_what_cannot_be_passed_is_said_with_a_reason(mark: dict[str, str], excused: bool) -> None:
    @pytest.mark.xfail(**mark)
    def test_mapping_is_pure(self: Any) -> None: ...

    changed = suite_with(test_mapping_is_pure=test_mapping_is_pure)

    assert (weakened(changed) == []) is excused


def test_what_is_weakened_is_named() -> None:
    with pytest.raises(AssertionError, match="test_mapping_is_pure"):
        suite_with(test_mapping_is_pure=None)().test_no_standard_test_is_weakened()


def test_the_guard_itself_cannot_be_replaced() -> None:
    with pytest.raises(TypeError, match="which guards the others"):
        suite_with(test_no_standard_test_is_weakened=None)


# -- what an author says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "test"),
    [
        ({"unproduced": {}}, "every_declared_metric_is_produced"),
        (
            {"unproduced": {"Left Club": "only later", "Booked Stay": "wrong"}},
            "every_declared_metric_is_produced",
        ),
        ({"delivery": lambda self: None}, "a_genuine_delivery_is_believed"),
        ({"rows": lambda self, request, answer: ()}, "what_is_discarded_is_found_nowhere"),
        ({"rows": lambda self, request, answer: ()}, "a_malformed_record_never_stops_a_sync"),
        ({"other_pages": AcornSuite.other_pages.__wrapped__}, "event_ids_are_stable"),
    ],
)
def test_an_author_who_leaves_out_what_only_they_know_is_told(
    changes: dict[str, Any], test: str, tmp_path: Path
) -> None:
    assert outcome(suite_with(**changes)(), test, tmp_path)[0].startswith("failed")


async def nobody(self: Any) -> Sequence[Any]:
    return ()


@pytest.mark.parametrize(
    "test", ["the_last_version_proves_no_more_than_any_path_to_it", "no_replay_revives_anybody"]
)
def test_without_lives_the_laws_on_versions_are_not_proven(test: str, tmp_path: Path) -> None:
    (failed,) = outcome(suite_with(lives=nobody)(), test, tmp_path)

    assert failed.startswith("failed: ")
    assert "lives()" in failed


def test_what_is_not_pure_is_seen_however_it_was_imported() -> None:
    from os import urandom
    from random import random
    from time import time

    with watched() as impure:
        urandom(1), random(), time(), datetime.now(UTC), sorted([1])

    assert impure == {"posix.urandom()", "Random.random()", "time.time()", "datetime.now()"}
