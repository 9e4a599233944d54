"""A connection is its account, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from inn import (
    FixedClock,
    Inn,
    asked,
    busy,
    connected,
    dump,
    sync,
)

from frontdesk import Desk
from frontdesk.errors import AccountError

pytestmark = pytest.mark.anyio


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
    """Law 2. Seen to fail when ids are made with the connection's name."""
    inn = busy()
    await sync(store, inn, name="oak")
    before = dump(store)
    inn.rows["stays"][1] |= {"total": "7", "changed": "2026-10-02T10:00:00Z"}
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
