"""Law 4: a replay, a new start or another order subscribes nobody who has opted out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.consent import Statement, effective
from frontdesk.model import ConsentState, Record
from frontdesk.testing._base import Base
from frontdesk.testing._identity import quietly
from frontdesk.testing._mapping import Mapped

if TYPE_CHECKING:
    from frontdesk.testing._observed import Life, Observed

#: Statements by channel and address.
Said: TypeAlias = dict[tuple[str, str], list[Statement]]


def said_in(mapped: Iterable[Mapped]) -> Said:
    """Collect what mappings state, as the ledger would."""
    found: Said = defaultdict(list)
    for one in mapped:
        for consent in one.consents:
            statement = Statement(consent.state, consent.at, one.record.seen)
            found[consent.channel, consent.address.casefold()].append(statement)
    return found


def opted_out(said: Said) -> set[tuple[str, str]]:
    """Return the channels and addresses that count as unsubscribed."""
    out = ConsentState.UNSUBSCRIBED
    return {address for address, stated in said.items() if effective(stated) is out}


def in_order_of_arrival(versions: Sequence[Record], chosen: Sequence[int]) -> list[Record]:
    """Return versions as a replay of today shows them, less those that come too late."""
    later = max(record.seen for record in versions) + timedelta(days=30)
    met: list[Record] = []
    for number, place in enumerate(chosen):
        record = attrs.evolve(versions[place], seen=later + timedelta(minutes=number))
        newest = max((r.version for r in met if r.version), default=None)
        if newest is None or record.version is None or record.version >= newest:
            met.append(record)
    return met


class Consents(Base):
    """Tests of ``sync_consent`` over time."""

    def test_no_replay_revives_anybody(self, observed: Observed) -> None:
        """Whoever has opted out stays so, whatever is read again and in which order.

        If this fails, give a consent the time the platform tells of it (``at``), or none:
        never when the record changed or was seen. State an opt-in only where the record
        says now that there is one.
        """
        if not observed.connection.manifest.consent.records:
            pytest.skip("no channel becomes consent")
        leaving = [life for life in observed.lives if opted_out(said_in(observed.along(life)))]
        if not leaving and "opt-out" in self.unproduced:
            pytest.skip(self.unproduced["opt-out"])
        assert leaving, "let a guest of lives() opt in, and out again"

        @quietly
        @given(st.sampled_from(leaving).flatmap(_orders))
        def hold(drawn: tuple[Life, list[int]]) -> None:
            life, order = drawn
            lived = observed.along(life)
            out = opted_out(said_in(lived))
            replayed = observed.along(life, in_order_of_arrival(life.versions, order))
            kept = opted_out(said_in([*lived, *replayed]))
            assert out <= kept, f"{life.versions[0].stream} replayed in the order {order}"

        hold()
        for life in leaving:
            _begins_anew(observed, life)


def _orders(life: Life) -> st.SearchStrategy[tuple[Life, list[int]]]:
    """Draw an order of a life's versions, some of them several times."""
    return st.lists(st.integers(0, len(life.versions) - 1), min_size=1, max_size=12).map(
        lambda order: (life, order)
    )


def _begins_anew(observed: Observed, life: Life) -> None:
    """Hold an empty store to it: the last version alone subscribes nobody who is out.

    Somebody who has just opted in again is none of these, whatever counts for others.
    """
    lived = observed.along(life)
    out = opted_out(said_in(lived)) - said_in(lived[-1:]).keys()
    alone = said_in(observed.along(life, [life.versions[-1]]))
    revived = [address for address in out & alone.keys() if address not in opted_out(alone)]
    assert not revived, f"the last version of {life.versions[-1].id} alone says subscribed"
