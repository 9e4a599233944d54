"""Whatever the platform answers: a clear error or an entry of quarantine, and no data shown."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from inn import TOKEN, FixedClock, Inn, asked, busy, connected, dump, guest, stay, sync

from frontdesk import Desk
from frontdesk.errors import (
    AuthenticationError,
    FrontdeskError,
    PlatformError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    UnexpectedResponseError,
)

pytestmark = pytest.mark.anyio

#: Planted in names, addresses and keys; in nothing an operator or a log may see.
CANARIES = ("CANARY", TOKEN, "@example.com")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Any:
    """Hold every test to it: whatever is logged on the way names no guest and no secret."""
    caplog.set_level(logging.DEBUG)
    yield
    assert_discreet(caplog.text)


def assert_discreet(text: str) -> None:
    assert not [canary for canary in CANARIES if canary in text]


def answering(
    path: str, answer: Callable[[], httpx.Response], *, after: int = 0
) -> Callable[[httpx.Request], httpx.Response | None]:
    """Answer requests for a path in the platform's stead, after some it may answer itself."""
    count = 0

    def before(request: httpx.Request) -> httpx.Response | None:
        nonlocal count
        count += request.url.path == path
        return answer() if request.url.path == path and count > after else None

    return before


async def failing(store: Path, inn: Inn) -> FrontdeskError:
    """Sync, and return the error it must end with; it tells no tales."""
    with pytest.raises(FrontdeskError) as caught:
        await sync(store, inn)
    error = caught.value
    assert_discreet("".join(traceback.format_exception(error)) + f"{error} {error!r}")
    return error


def state(store: Path) -> tuple[str, str]:
    ((state, reason),) = asked(store, "SELECT state, reason FROM connections")
    return state, reason


def canary_inn() -> Inn:
    inn = busy(15)
    inn.rows["guests"] += [guest("eve", name="Eve-CANARY")]
    for row in inn.rows["stays"]:
        row["note"] = "note-CANARY"
    return inn


# -- answers that are none ---------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b'{"items": [{"id": "CANARY"',
        b"<html>CANARY</html>",
        b"",
        b'{"items": [{"id": "CANARY", "total": 1e999999999}]}',
        b'{"items": "\xff\xfe CANARY"}',
        b"[" * 5000,
    ],
)
async def test_an_answer_that_is_no_json_ends_the_sync_clearly(store: Path, content: bytes) -> None:
    inn = canary_inn()
    inn.before = answering("/stays", lambda: httpx.Response(200, content=content))

    error = await failing(store, inn)

    assert isinstance(error, UnexpectedResponseError)
    assert (error.connector, "GET stays" in str(error)) == ("acorn", True)
    # What came before is kept, and the next sync goes on.
    assert len(asked(store, "SELECT * FROM profiles")) == 3
    inn.before = lambda _: None
    await sync(store, inn)
    assert asked(store, "SELECT count(*) FROM reservations") == [(15,)]


async def test_a_body_that_breaks_off_is_asked_for_again(store: Path) -> None:
    class Torn(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield b'{"items": [{"id": "CANARY'
            raise httpx.ReadError("torn")

    inn = canary_inn()
    torn = answering("/stays", lambda: httpx.Response(200, stream=Torn()))
    inn.before = torn
    error = await failing(store, inn)

    assert isinstance(error, UnavailableError)
    assert "the connection broke" in str(error)
    assert len(inn.asked("stays")) == 6


@pytest.mark.parametrize(
    "answer",
    [
        [],
        None,
        {},
        {"items": None, "total": 1},
        {"items": {"CANARY": 1}, "total": 1},
        {"items": "CANARY", "total": 6},
        {"items": [], "total": "CANARY"},
    ],
)
@pytest.mark.parametrize("path", ["/guests", "/stays", "/rooms"])
async def test_an_answer_of_the_wrong_shape_loses_nothing(
    store: Path, path: str, answer: Any
) -> None:
    """Seen to fail (with a bare KeyError) when what is fetched by id is read unguarded."""
    inn = canary_inn()
    inn.before = answering(path, lambda: httpx.Response(200, content=json.dumps(answer)))
    try:
        await sync(store, inn)
    except FrontdeskError as error:
        assert_discreet("".join(traceback.format_exception(error)))
    inn.before = lambda _: None

    await sync(store, inn)

    assert asked(store, "SELECT count(*) FROM reservations") == [(15,)]


@pytest.mark.parametrize("answer", [[], None, {}, {"id": None}, {"id": ["CANARY"], "title": 5}])
async def test_an_account_that_cannot_be_read_is_an_error(store: Path, answer: Any) -> None:
    inn = Inn()
    inn.before = answering("/account", lambda: httpx.Response(200, content=json.dumps(answer)))

    assert isinstance(await failing(store, inn), UnexpectedResponseError)
    async with Desk(store, clock=FixedClock()) as desk:
        found = await desk.check(connected(desk, inn))
    assert not found.ok


async def test_a_walk_that_goes_in_circles_is_ended(store: Path) -> None:
    inn = canary_inn()
    page = {"items": inn.rows["stays"][:2], "total": 10**9}
    inn.before = answering("/stays", lambda: httpx.Response(200, content=json.dumps(page)))

    error = await failing(store, inn)

    assert "the walk does not end" in str(error)
    assert len(inn.asked("stays")) < 10


# -- rows that are none -----------------------------------------------------------------------


ROWS: list[Any] = [
    None,
    5,
    "CANARY",
    ["CANARY"],
    {},
    {"id": None, "name": "CANARY"},
    {"id": 5, "name": "CANARY"},
    {"id": ["CANARY"]},
    stay("x1", guest=None),
    stay("x2", guest=5),
    stay("x3", guest={"name": "CANARY"}),
    stay("x4", guest=""),
    stay("x5", booked=None),
    stay("x6", booked="CANARY"),
    stay("x7", booked="2026-09-01"),
    stay("x8", booked="2026-09-01T10:00:00"),
    stay("x9", booked="9999-12-31T23:59:59Z"),
    stay("x10", changed="CANARY"),
    stay("x11", changed="2026-09-01T10:00:00"),
    stay("x12", changed=5),
    stay("x13", total="CANARY"),
    stay("x14", total={}),
    stay("x15", total="NaN"),
    stay("x16", cancelled="CANARY"),
    stay("x17", friend=["CANARY"]),
]


async def test_rows_that_cannot_be_used_are_quarantined_and_the_others_are_kept(
    store: Path,
) -> None:
    inn = canary_inn()
    for place, row in enumerate(ROWS):
        inn.rows["stays"].insert(2 * place, row)

    report = await sync(store, inn)
    again = await sync(store, inn)

    assert (report.quarantined, again.quarantined) == (len(ROWS), 0)
    assert {f"s{n}" for n in range(15)} <= {
        key for (key,) in asked(store, "SELECT number FROM reservations")
    }
    async with Desk(store) as desk:
        entries = await desk.quarantine()
        shown = [await desk.quarantined(entry.id) for entry in entries]
    assert len(entries) == len(ROWS)
    assert_discreet(str(shown))


async def test_fields_and_words_nobody_knows_do_no_harm(store: Path) -> None:
    inn = busy(2)
    inn.rows["stays"][0] |= {"brand_new": {"deep": [1, 2.5, None]}, "state": "hovering"}

    report = await sync(store, inn)

    assert (report.quarantined, report.reservations) == (0, 2)


async def test_a_row_that_comes_twice_is_taken_once(store: Path) -> None:
    inn = busy(3)
    await sync(store, inn)
    expected = dump(store)["log"]
    twice, doubled = store.with_name("twice.db"), busy(3)
    for rows in doubled.rows.values():
        rows.extend(list(rows))
    await sync(twice, doubled)

    assert expected == dump(twice)["log"]


# -- refusals ----------------------------------------------------------------------------------------


async def test_credentials_refused_in_the_middle_need_attention_and_lose_nothing(
    store: Path,
) -> None:
    """Seen to fail when ``_noting`` notes nothing, and when a failing reader ends the page
    that is being written: a small quota would never come past it.
    """
    inn = canary_inn()
    inn.before = answering(
        "/stays", lambda: httpx.Response(401, json={"Message": f"{TOKEN} is wrong"}), after=1
    )

    error = await failing(store, inn)

    assert isinstance(error, AuthenticationError)
    found, reason = state(store)
    assert found == "needs attention"
    assert "does not accept the credentials" in reason
    assert_discreet(reason)
    assert asked(store, "SELECT count(*) FROM reservations") == [(10,)]

    inn.before = lambda _: None
    await sync(store, inn)
    assert state(store) == ("running", "")
    assert asked(store, "SELECT count(*) FROM reservations") == [(15,)]


async def test_credentials_refused_at_the_door_need_attention(store: Path) -> None:
    """Seen to fail when only a session that was opened notes why it ended."""
    inn = busy(1)
    await sync(store, inn)
    inn.token = "renewed"

    assert isinstance(await failing(store, inn), AuthenticationError)
    assert state(store)[0] == "needs attention"


@pytest.mark.parametrize("path", ["/account", "/stays"])
async def test_a_quota_that_is_used_up_is_waited_for(store: Path, path: str) -> None:
    inn = canary_inn()
    await sync(store, inn)
    headers = {"retry-after": "3600"}
    inn.before = answering(path, lambda: httpx.Response(429, headers=headers))

    error = await failing(store, inn)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 3600
    assert state(store)[0] == "waiting"
    assert "it may be asked again in 3600 s" in state(store)[1]

    inn.before = lambda _: None
    await sync(store, inn)
    assert state(store)[0] == "running"


async def test_a_short_quota_is_waited_out(store: Path) -> None:
    inn = canary_inn()
    full = [httpx.Response(429, headers={"retry-after": "7"}) for _ in range(3)]
    inn.before = lambda request: full.pop() if full and request.url.path == "/stays" else None

    report = await sync(store, inn)

    assert (report.reservations, full) == (15, [])


@pytest.mark.parametrize(
    ("status", "kind"), [(500, UnavailableError), (503, UnavailableError), (404, RefusedError)]
)
async def test_trouble_and_refusals_end_the_sync_clearly(
    store: Path, status: int, kind: type[PlatformError]
) -> None:
    inn = canary_inn()
    inn.before = answering("/stays", lambda: httpx.Response(status, json={"who": "CANARY"}))

    error = await failing(store, inn)

    assert isinstance(error, kind)
    assert isinstance(error, PlatformError)
    assert status == error.status
    assert state(store)[0] in {"waiting", "needs attention"}


async def test_a_platform_that_cannot_be_reached_is_named(store: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route to {request.url}?key=CANARY")

    inn = canary_inn()
    inn.answer = refuse  # type: ignore[method-assign]

    error = await failing(store, inn)

    assert "GET account failed: no connection came about" in str(error)


async def test_a_connector_that_gives_rows_of_no_stream_is_told_so(store: Path) -> None:
    from inn import altered

    from frontdesk import Page, Record
    from frontdesk.errors import InvalidConnectorError

    async def fetch_history(client: Any, query: Any) -> Any:
        yield Page([Record("ghosts", "1", {"who": "CANARY"})])

    with pytest.raises(InvalidConnectorError, match="stream 'ghosts'"):
        await sync(store, busy(1), altered(fetch_history=fetch_history))


# -- the store -------------------------------------------------------------------------------------------


@pytest.fixture(name="letter")
def _letter(store: Path) -> Path:
    store.write_bytes(b"this is no database, but a letter of CANARY" * 100)
    return store


async def test_a_file_that_is_no_store_is_refused(letter: Path) -> None:
    """Seen to fail when only operational errors of the database are explained."""
    error = await failing(letter, busy(1))

    assert str(error).startswith(f"the store {str(letter)!r}: file is not a database; ")


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    error = await failing(tmp_path / "none" / "x.db", busy(1))

    assert "does not exist; create it first" in str(error)


async def test_a_store_of_a_newer_version_is_left_alone(store: Path) -> None:
    from inn import opened

    await sync(store, busy(1))
    with opened(store) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")

    assert "newer than this frontdesk knows" in str(await failing(store, busy(1)))


@pytest.mark.parametrize(
    "url", ["mysql://me:CANARY@host/x", "://CANARY", "postgresql+odd://x:CANARY@host/x"]
)
async def test_a_store_elsewhere_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(FrontdeskError) as caught:
        await Desk(url).status()

    assert_discreet(f"{caught.value} {caught.value!r}")


async def test_a_store_in_postgresql_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(FrontdeskError, match=r"pip install 'frontdesk\[postgres\]'"):
        await Desk("postgresql://me:CANARY@host/x").status()


async def test_no_error_of_the_database_quotes_what_is_written(store: Path) -> None:
    """Law 7. Seen to fail when the engine shows parameters."""
    from sqlalchemy import text
    from sqlalchemy.exc import IntegrityError

    await sync(store, busy(1))
    async with Desk(store) as desk:

        def double(db: Any) -> None:
            into = "INSERT INTO brands (id, name) VALUES (:id, :name)"
            db.execute(text(into), [{"id": 7, "name": "a-CANARY"}, {"id": 7, "name": "b-CANARY"}])

        with pytest.raises(IntegrityError) as caught:
            await desk.store.write(double)

    assert_discreet(str(caught.value))
