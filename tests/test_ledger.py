"""Law 4 as a machine: whatever is said, repeated, restored or forgotten, in whatever order.

The store is real, and so is what fills it; beside it stands a model that knows nothing of
either, and keeps every statement as a line in a list.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import inn
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from inn import NOW, FixedClock, Inn
from sqlalchemy import select

from frontdesk import Channel, Consent, ConsentState, Desk, Record
from frontdesk.consent import effective
from frontdesk.outgoing import OptOut
from frontdesk.store import ledger, moving
from frontdesk.store.optouts import opt_out
from frontdesk.store.schema import brands

#: Two sites of a brand, and one of another.
SITES = {"oak": "trees", "elm": "trees", "sea": "shore"}
ADDRESSES = ["home@example.com", "ada@example.com", "bob@example.com"]
PEOPLE = ["ada", "bob", "cid"]

sites, people, addresses = map(st.sampled_from, (sorted(SITES), PEOPLE, ADDRESSES))
#: Days around today, so that times tie; None: nobody knows when.
days = st.none() | st.integers(-4, 4)
states = st.sampled_from(list(ConsentState))
statements = st.lists(st.tuples(states, days), min_size=1, max_size=2)


def said(record: Record) -> Iterator[Consent]:
    """Consent as the guest's row states it."""
    if record.stream == "guests":
        for state, at in record.payload["said"]:
            time = datetime.fromisoformat(at) if at else None
            email = record.payload["email"]
            yield Consent(
                record.id, email, Channel.EMAIL, ConsentState(state), time, "said at the desk"
            )


# -- what should be ------------------------------------------------------------------------


@attrs.define
class Line:
    """One statement: by whom, of which address, and what it is worth."""

    brand: str
    by: tuple[str, str]
    address: str
    subscribed: bool
    at: datetime | None
    seen: datetime


@attrs.define
class Model:
    """All that was ever said, line by line."""

    lines: list[Line] = attrs.field(factory=list[Line])
    #: The address of everybody who is there, by site and person.
    there: dict[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])
    #: When a person, or an address of a brand, was forgotten.
    forgotten: dict[tuple[str, str], datetime] = attrs.field(
        factory=dict[tuple[str, str], datetime]
    )

    def say(self, line: Line) -> None:
        """Add a line, unless it was the last its speaker said of the address."""
        since = [
            self.forgotten[key]
            for key in (line.by, (line.brand, line.address))
            if key in self.forgotten
        ]
        if line.subscribed and since and (line.at is None or line.at <= max(since)):
            return
        before = [x for x in self.lines if (x.by, x.address) == (line.by, line.address)]
        if not before or (before[-1].subscribed, before[-1].at) != (line.subscribed, line.at):
            self.lines.append(line)

    def forget(self, site: str, person: str, at: datetime) -> None:
        """Leave of what a person said the opt-outs; and what nobody else has, is closed."""
        who = (site, person)
        mine = {x.address for x in self.lines if x.by == who} | {self.there.pop(who)}
        others = {a for w, a in self.there.items() if SITES[w[0]] == SITES[site]}
        others |= {x.address for x in self.lines if x.brand == SITES[site] and x.by != who}
        self.forgotten[who] = at
        self.forgotten.update({(SITES[site], address): at for address in mine - others})
        self.lines = [x for x in self.lines if x.by != who or not x.subscribed]
        for line in self.lines:
            if line.by == who:
                # Nobody's any more: the same person may say it again.
                line.by = ("", f"{person} forgotten {at}")

    def counts(self, brand: str, address: str) -> str | None:
        """Return what counts: an opt-in that no opt-out beats."""
        about = [x for x in self.lines if (x.brand, x.address) == (brand, address)]
        if not about:
            return None

        def beats(out: Line, opted_in: Line) -> bool:
            time = out.seen if out.at is None else out.at
            return opted_in.at is None or opted_in.at <= time

        outs = [x for x in about if not x.subscribed]
        standing = [x for x in about if x.subscribed and not any(beats(out, x) for out in outs)]
        return "subscribed" if standing else "unsubscribed"


# -- what is -------------------------------------------------------------------------------


class Ledger(RuleBasedStateMachine):
    """A store that is told things, and a model that is told the same."""

    #: Makes an empty store.
    make: Callable[[Path], str]

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._numbers = itertools.count(1)
        self._portal_cm = start_blocking_portal()
        self._portal = self._portal_cm.__enter__()
        self.clock = FixedClock()
        self.inns = {site: Inn(site) for site in SITES}
        self.model = Model()
        self.kept: tuple[Path, Model, dict[str, Any], list[Any]] | None = None
        self.told: list[tuple[str, str, datetime | None]] = []
        self.store = type(self).make(Path(self._folder.name))
        self.desk = Desk(self.store, clock=self.clock)
        self._connect()

    def _connect(self) -> None:
        connector = inn.altered(sync_consent=said)
        for site, brand in SITES.items():
            inn.connected(self.desk, self.inns[site], connector, name=site, brand=brand)

    def teardown(self) -> None:
        """Close what was opened."""
        self.desk.close()
        self._portal_cm.__exit__(None, None, None)
        self._folder.cleanup()

    def _sync(self, *names: str) -> None:
        for name in names or SITES:
            self._portal.call(self.desk.sync, name)

    @property
    def now(self) -> datetime:
        """The time it is."""
        return self.clock.at

    def _day(self, day: int | None) -> datetime | None:
        return None if day is None else self.now + timedelta(days=day)

    @initialize()
    def begin(self) -> None:
        """Read the empty platforms once."""
        self._sync()

    # -- what happens -----------------------------------------------------------------------

    @rule(site=sites, person=people, address=addresses, words=statements)
    def say(self, site: str, person: str, address: str, words: list[Any]) -> None:
        """Let a guest's row say something, of an address that may be others' as well."""
        self.clock.at += timedelta(days=1)
        times = [(state, self._day(day)) for state, day in words]
        rows = self.inns[site].rows["guests"]
        rows[:] = [row for row in rows if row["id"] != person]
        stated = [(state.value, at and at.isoformat()) for state, at in times]
        changed = self.now.isoformat()
        rows.append(inn.guest(person, email=address, said=stated, changed=changed))
        self._sync(site)
        self._observe(site, person, address, times)

    def _observe(self, site: str, person: str, address: str, times: list[Any]) -> None:
        self.model.there[site, person] = address
        for state, at in times:
            subscribed = state is ConsentState.SUBSCRIBED
            line = Line(SITES[site], (site, person), address, subscribed, at, self.now)
            self.model.say(line)

    @rule(brand=st.sampled_from(["trees", "shore"]), address=addresses, day=days)
    def learn(self, brand: str, address: str, day: int | None) -> None:
        """Let a destination tell of an opt-out."""
        self.clock.at += timedelta(days=1)
        self._learn(brand, address, self._day(day))
        self.told.append((brand, address, self._day(day)))

    def _learn(self, brand: str, address: str, at: datetime | None) -> None:
        told = OptOut(Channel.EMAIL, address.title(), at, "clicked unsubscribe")

        def work(db: Any) -> int:
            row = db.execute(select(brands.c.id).where(brands.c.name == brand)).scalar_one()
            return opt_out(db, row, "letters", [told], self.now)

        self._portal.call(self.desk.store.write, work)
        holders = [
            who for who, has in self.model.there.items() if (SITES[who[0]], has) == (brand, address)
        ]
        for who in holders or [("letters", brand)]:
            self.model.say(Line(brand, who, address, False, at, self.now))

    @rule()
    def read_again(self) -> None:
        """Read everything again; nothing is said by that."""
        self.clock.at += timedelta(days=1)
        for site in SITES:
            self._portal.call(self.desk.refetch, site)
        self._sync()

    @rule()
    def map_again(self) -> None:
        """Run all that is stored through the mapping again."""
        self.clock.at += timedelta(days=1)
        for site in SITES:
            self._portal.call(self.desk.remap, site)

    @rule(site=sites, person=people)
    def forget(self, site: str, person: str) -> None:
        """Forget a guest of a site, if there is one."""
        if (site, person) not in self.model.there:
            return
        self.clock.at += timedelta(days=1)
        # A platform's id means the guest of that id in every site.
        for where in SITES:
            if (where, person) in self.model.there:
                self.model.forget(where, person, self.now)
        self._portal.call(self.desk.forget, person)

    @precondition(lambda self: "://" not in self.store)
    @rule()
    def keep(self) -> None:
        """Keep a backup."""
        file = Path(self._folder.name, f"kept{next(self._numbers)}.bak")
        moving.backup(self.store, file, self.now)
        rows = {site: deepcopy(self.inns[site].rows) for site in SITES}
        self.kept = (file, deepcopy(self.model), rows, list(self.told))

    @precondition(lambda self: self.kept is not None and not self.model.forgotten)
    @rule()
    def restore(self) -> None:
        """Go back to the backup; platforms and destination tell again what was said since."""
        assert self.kept is not None
        self.clock.at += timedelta(days=1)
        file, self.model, rows, told = self.kept
        self.model = deepcopy(self.model)
        self.desk.close()
        moving.restore(file, self.store, self.now, replace=True)
        self.desk = Desk(self.store, clock=self.clock)
        self._connect()
        for site in SITES:
            self._portal.call(self.desk.resume, site)
            self._sync(site)
            for row in self.inns[site].rows["guests"]:
                if row not in rows[site]["guests"]:
                    times = [
                        (ConsentState(state), at and datetime.fromisoformat(at))
                        for state, at in row["said"]
                    ]
                    self._observe(site, row["id"], row["email"], times)
        for one in self.told[len(told) :]:
            self._learn(*one)

    # -- what must hold ---------------------------------------------------------------------

    @invariant()
    def what_counts_is_what_should(self) -> None:
        """Compare what counts, for every brand and address."""

        def ask(db: Any) -> dict[tuple[str, str], str | None]:
            rows = {row.name: row.id for row in db.execute(select(brands))}
            asked = [(rows[b], a) for b in rows for a in ADDRESSES]
            found = ledger.statements(db, asked)
            return {
                (b, a): effective(found.get((rows[b], "email", a), ()))
                for b in rows
                for a in ADDRESSES
            }

        found = self._portal.call(self.desk.store.read, ask)
        assert found == {(b, a): self.model.counts(b, a) for b, a in found}


OFTEN = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


def test_no_course_of_events_revives_anybody() -> None:
    """Seen to fail when ``>`` is ``>=`` in ``effective``."""

    class InSqlite(Ledger):
        @staticmethod
        def make(folder: Path) -> str:
            store = folder / "store.db"
            inn.prepare(store)
            return str(store)

    often = settings(OFTEN, max_examples=10, stateful_step_count=60)
    run_state_machine_as_test(InSqlite, settings=often)


def test_nor_in_postgresql(new_store: Callable[..., str]) -> None:
    """The same, smaller."""

    class InPostgresql(Ledger):
        @staticmethod
        def make(_: Path) -> str:
            return new_store("postgresql")

    often = settings(OFTEN, max_examples=2, stateful_step_count=40)
    run_state_machine_as_test(InPostgresql, settings=often)


def test_an_opt_out_is_kept_with_its_evidence(store_url: str) -> None:
    """Whoever has the address, and under the destination's name if nobody has."""
    import anyio
    from stores import asked, sync

    anyio.run(sync, store_url, inn.busy(1))

    async def learn() -> list[int]:
        async with Desk(store_url, clock=FixedClock()) as desk:
            told = [
                OptOut(Channel.EMAIL, "ADA@example.com ", NOW, "clicked"),
                OptOut(Channel.SMS, "+420777123456", None, "sent STOP"),
            ]
            counts = [
                await desk.store.write(lambda db: opt_out(db, 1, "letters", told, NOW))
                for _ in range(2)
            ]
            (ada, _) = await desk.profiles()
            assert ada.consent == {"email": "unsubscribed"}
            assert len((await desk.export_guest("+420777123456"))["brands"]) == 1
            return counts

    assert anyio.run(learn) == [2, 0]
    kept = "SELECT g.key, c.address, c.evidence FROM consents c JOIN guests g ON g.id = c.guest_id"
    assert asked(store_url, f"{kept} WHERE c.state = 'unsubscribed' ORDER BY c.seq") == [
        ("ada", "ada@example.com", "clicked"),
        ("letters:+420777123456", "+420777123456", "sent STOP"),
    ]
    entries = "SELECT kind, origin FROM log ORDER BY seq DESC LIMIT 2"
    assert asked(store_url, entries) == [(3, 1), (3, 1)]
    assert asked(store_url, "SELECT max(seq) FROM log") == asked(
        store_url, "SELECT seq FROM connections"
    )
