"""What others' records and events say of a forgotten guest, and what a restored backup does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from inn import NOW, FixedClock, Inn, asked, connected, dump, guest, stay, sync, written

from frontdesk import Desk
from frontdesk.errors import StoreError
from frontdesk.store import forgetting, moving

pytestmark = pytest.mark.anyio

NAME, EMAIL = "Zyx Canary", "zyx.canary@example.com"
ID = "0f6cf0a2-zyx-canary-77aa"
LATER = "2026-11-02T10:00:00Z"


def befriended() -> Inn:
    """An inn where Bob's stays name Zyx, which the connector does not declare."""
    inn = Inn()
    inn.rows["guests"] = [guest(ID, email=EMAIL, name=NAME), guest("bob")]
    note = f"ring {EMAIL.upper()} first"
    inn.rows["stays"] = [
        stay("s1", guest="bob", friend=ID, remark="sea view"),
        stay("s2", guest="bob", party=[{"mail": EMAIL, "age": 4}, {"mail": "b@example.com"}]),
        stay("s3", guest="bob", words={f"of {NAME}": "x"}, note=f"with {NAME}, again"),
        stay("s4", guest="bob", booked=None, note=f"{NAME} pays"),
        stay("s5", guest="bob", remark=note.replace(EMAIL.upper(), EMAIL)),
    ]
    inn.rows["rooms"] = [{"id": "r1", "name": "Blue"}]
    return inn


async def forget(store: Path, who: str = EMAIL, days: int = 0) -> list[forgetting.Receipt]:
    async with Desk(store, clock=FixedClock(NOW + timedelta(days=days))) as desk:
        return await desk.forget(who)


def payload(store: Path, key: str) -> str:
    ((body,),) = asked(
        store, "SELECT body FROM payloads JOIN records ON id = record_id WHERE key = ?", key
    )
    return bytes(body).decode()


async def test_the_guest_leaves_what_others_stays_say(store: Path) -> None:
    """Seen to fail without ``cut_mentions``, without its part for records or for the log, and
    where what cannot be cut, the name of a field, is not blotted.
    """
    await sync(store, befriended())
    before = asked(store, "SELECT count(*) FROM log")
    assert NAME in str(await shown(store))

    (receipt,) = await forget(store)

    assert b"canary" not in written(store).lower()
    assert "canary" not in str(await shown(store)).lower()
    # Bob's events are Bob's.
    assert asked(store, "SELECT count(*) FROM log") == [(before[0][0] + 1,)]
    async with Desk(store) as desk:
        events = {e.event["properties"]["Stay ID"]: e.event for e in await desk.events(guest="bob")}
    assert events["s1"]["properties"] == {"Stay ID": "s1", "Room": "Blue", "Friend": None}
    assert events["s1"]["value"] is not None
    assert "sea view" in payload(store, "s1")
    assert "b@example.com" in payload(store, "s2")
    assert receipt.erased["acorn"]["mentions"] >= 6


async def shown(store: Path) -> list[Any]:
    async with Desk(store) as desk:
        entries = [
            await desk.quarantined(row.id, reveal=True) for row in await desk.quarantine(all=True)
        ]
        return [await desk.profiles(), await desk.events(), await desk.export_guest("bob"), entries]


async def test_what_is_read_again_brings_no_mention_back(store: Path) -> None:
    """Seen to fail when what is in quarantine, less a mention, is not known again."""
    inn = befriended()
    await sync(store, inn)
    await forget(store)
    async with Desk(store, clock=FixedClock()) as desk:
        connection = connected(desk, inn)
        await desk.refetch(connection)
        report = await desk.sync(connection)
    assert (report.events, report.reservations) == (0, 0)
    assert b"canary" not in written(store).lower()

    # A new action of Bob's names nobody either, though the platform still would.
    inn.rows["stays"] = [stay("s9", guest="bob", friend=ID, changed=LATER)]
    await sync(store, inn, clock=FixedClock(NOW + timedelta(days=2)))
    async with Desk(store) as desk:
        (event,) = [
            e.event for e in await desk.events() if e.event["properties"]["Stay ID"] == "s9"
        ]
    assert event["properties"]["Friend"] is None


async def test_what_others_have_as_well_is_theirs(store: Path) -> None:
    """A namesake, a shared address, a short id: none of them says who is meant."""
    inn = Inn()
    inn.rows["guests"] = [
        guest("7", email="home@example.com", name="Ann Lee"),
        guest("8", email="home@example.com", name="Bob"),
        guest("9", name="Ann Lee"),
    ]
    inn.rows["stays"] = [
        stay("s1", guest="8", note="home@example.com", size="7"),
        stay("s2", guest="9", note="Ann Lee is early"),
    ]
    await sync(store, inn)
    kept = [payload(store, key) for key in ("s1", "s2", "8", "9")]

    await forget(store, "7")

    assert [payload(store, key) for key in ("s1", "s2", "8", "9")] == kept


async def test_one_whom_two_were_cut_out_of_is_still_known_again(store: Path) -> None:
    inn = befriended()
    inn.rows["guests"].append(guest("second-long-id-000", email="pia@example.com", name="Pia Moe"))
    inn.rows["stays"] = [stay("s1", guest="bob", note=f"{NAME}", other="Pia Moe")]
    await sync(store, inn)
    await forget(store)
    await forget(store, "pia@example.com")
    async with Desk(store, clock=FixedClock()) as desk:
        connection = connected(desk, inn)
        await desk.refetch(connection)
        await desk.sync(connection)

    assert "Pia" not in payload(store, "s1")
    assert NAME not in payload(store, "s1")


# -- restoring ---------------------------------------------------------------------------


async def parted(tmp_path: Path, *, again: bool = False) -> tuple[Path, Path, Inn]:
    """Return a store that forgot a guest after its backup was made, the backup, and the inn."""
    store, backup, inn = tmp_path / "a.db", tmp_path / "a.bak", befriended()
    await sync(store, inn)
    if again:
        await forget(store, "bob")
    moving.backup(store, backup, NOW)
    await forget(store, days=1)
    return store, backup, inn


@pytest.mark.parametrize("again", [False, True])
async def test_a_restored_backup_has_forgotten_whom_the_store_had(
    tmp_path: Path, again: bool
) -> None:
    """With the key of hashes in the backup, and without."""
    store, backup, inn = await parted(tmp_path, again=again)
    receipts = asked(store, "SELECT hash, at, receipt FROM erasures ORDER BY id")
    hashes = asked(store, "SELECT hash, at FROM forgotten ORDER BY hash")
    assert b"canary" in written(backup).lower()

    assert moving.restore(backup, store, NOW, replace=True) == 1

    async with Desk(store, clock=FixedClock(NOW + timedelta(days=3))) as desk:
        connection = connected(desk, inn)
        await desk.resume(connection)
        await desk.refetch(connection)
        await desk.sync(connection)
    assert b"canary" not in written(store).lower()
    assert asked(store, "SELECT hash, at, receipt FROM erasures ORDER BY id") == receipts
    assert asked(store, "SELECT count(*) FROM erasures WHERE NOT settled") == [(0,)]
    assert set(hashes) <= set(asked(store, "SELECT hash, at FROM forgotten"))


async def test_a_guest_whom_the_backup_never_had_stays_out(tmp_path: Path) -> None:
    store, backup, inn = tmp_path / "a.db", tmp_path / "a.bak", befriended()
    zyx = inn.rows["guests"].pop(0)
    inn.rows["stays"] = [stay("s9", guest="bob")]
    await sync(store, inn)
    moving.backup(store, backup, NOW)
    inn.rows["guests"].append(zyx)
    await sync(store, inn)
    await forget(store)

    assert moving.restore(backup, store, NOW, replace=True) == 0

    async with Desk(store, clock=FixedClock(NOW + timedelta(days=3))) as desk:
        connection = connected(desk, inn)
        await desk.resume(connection)
        report = await desk.sync(connection)
    assert report.outcomes["guests", "skipped: forgotten"] >= 1
    assert b"canary" not in written(store).lower()


async def test_an_erasure_the_backup_knows_is_not_made_again(tmp_path: Path) -> None:
    """Who came back after it is there in the backup, and stays."""
    store, backup, inn = tmp_path / "a.db", tmp_path / "a.bak", befriended()
    await sync(store, inn)
    await forget(store)
    inn.rows["stays"].append(stay("s9", guest=ID, booked=LATER, changed=LATER))
    await sync(store, inn, clock=FixedClock(NOW + timedelta(days=3)))
    moving.backup(store, backup, NOW)

    assert moving.restore(backup, store, NOW, replace=True) == 0

    async with Desk(store) as desk:
        assert len(await desk.events(guest=ID)) == 1


async def test_where_nobody_can_tell_it_is_said(tmp_path: Path) -> None:
    _, backup, _ = await parted(tmp_path)

    assert moving.restore(backup, tmp_path / "new.db", NOW) is None


async def test_erasures_of_another_key_are_not_lost_in_silence(tmp_path: Path) -> None:
    """Both made a key after they had parted."""
    store, backup, _ = await parted(tmp_path)
    other = tmp_path / "other.db"
    moving.restore(backup, other, NOW)
    await forget(other, "bob")
    moving.backup(other, tmp_path / "other.bak", NOW)
    before = dump(store)

    with pytest.raises(StoreError, match="was not made of it: restore into another place"):
        moving.restore(tmp_path / "other.bak", store, NOW, replace=True)

    assert dump(store) == before


async def test_a_restore_that_fails_leaves_both_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, backup, _ = await parted(tmp_path)
    before = dump(store)

    def broken(_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(forgetting, "STEPS", (*forgetting.STEPS, broken))
    with pytest.raises(KeyboardInterrupt):
        moving.restore(backup, store, NOW, replace=True)

    assert dump(store) == before
    assert b"canary" in written(backup).lower()


async def test_an_address_nobody_else_had_brings_no_old_consent_under_another_id(
    store: Path,
) -> None:
    """Seen to fail without ``remember_addresses``."""
    inn = befriended()
    await sync(store, inn)
    await forget(store)
    # The platform has the guest twice; the second row says what the first one did.
    inn.rows["guests"] = [guest("another", email=EMAIL, changed=LATER)]

    report = await sync(store, inn, clock=FixedClock(NOW + timedelta(days=3)))

    assert (report.consents, report.forgotten) == (0, 1)
    async with Desk(store) as desk:
        (profile,) = await desk.profiles(search=EMAIL)
        assert profile.consent == {}
