"""Laws 2 and 3: an action has one id whoever shows it, and mapping depends on its arguments."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frontdesk.model import Origin, Purpose, Query, Related
from frontdesk.testing._base import Base
from frontdesk.testing._history import Read, differences, whole
from frontdesk.testing._mapping import Unasked, call, written
from frontdesk.testing._observed import history_of, place_of, read_in_history
from frontdesk.testing._purity import watched

if TYPE_CHECKING:
    from frontdesk.testing._observed import Life, Observed

#: Paths are drawn the same way each time, quickly, and without files of hypothesis.
quietly = settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)


def paths(lives: Sequence[Life]) -> st.SearchStrategy[tuple[Life, list[int]]]:
    """Draw a life, and which of its versions were seen, the last among them."""

    def seen(life: Life) -> st.SearchStrategy[tuple[Life, list[int]]]:
        last = len(life.versions) - 1
        earlier = st.lists(st.booleans(), min_size=last, max_size=last)
        return earlier.map(lambda b: (life, [n for n, on in enumerate(b) if on] + [last]))

    return st.sampled_from(lives).flatmap(seen)


class Identity(Base):
    """Tests of event ids and of purity."""

    def test_event_ids_are_stable(self, observed: Observed) -> None:
        """History read twice, under another name, in other pages, and changes: the same ids.

        If this fails, make ``occurrence`` of facts of the record only: no clock, no counter,
        nothing of the settings, and nothing that only one of the readings shows.
        """

        async def read() -> dict[str, list[str]]:
            wrong: dict[str, list[str]] = {}
            with self.other_pages() as more:
                async with self.reading(observed.platform, name="another", **more) as reader:
                    for stream in filter(read_in_history, observed.connection.manifest.streams):
                        ours = _known(observed, stream.name)
                        again = await reader.records(history_of(reader, stream))
                        found = await whole(reader, again)
                        wrong[f"{stream.name}, read again"] = differences(ours, found)
                        if stream.polling is None:
                            continue
                        query = Query(stream.name, Purpose.CHANGES, since=reader.since(stream))
                        news = await whole(reader, await reader.records(query))
                        both = ours.keys() & news.keys()
                        wrong[f"{stream.name}, as changes"] = differences(
                            {k: ours[k] for k in both}, {k: news[k] for k in both}
                        )
            return {name: ids for name, ids in wrong.items() if ids}

        assert self.run(read) == {}

    def test_the_last_version_proves_no_more_than_any_path_to_it(self, observed: Observed) -> None:
        """Whoever saw only the end has events that everybody has who saw more.

        If this fails, a fact that tells an event's occurrence changes when something else
        happens. Choose one that stays, tell all that a record proves every time, and mark a
        metric ``live_only`` where only the change itself shows it.
        """
        lives = [life for life in observed.lives if any(m.events for m in observed.along(life))]
        if not observed.connection.manifest.metrics:
            pytest.skip("the manifest declares no metrics")
        assert lives, "return versions of records whose events differ from lives()"

        @quietly
        @given(paths(lives))
        def hold(drawn: tuple[Life, list[int]]) -> None:
            life, seen = drawn
            versions = [life.versions[number] for number in seen]
            last = attrs.evolve(versions[-1], origin=Origin.HISTORY)
            alone = {i for m in observed.along(life, [last]) for i in observed.ids(m)}
            path = {i for m in observed.along(life, versions) for i in observed.ids(m)}
            assert alone <= path, f"{last.stream} {last.id} seen in versions {seen}"

        hold()

    def test_mapping_is_pure(self, observed: Observed) -> None:
        """The same arguments give the same outputs, and are left as they were.

        If this fails, keep no state in the module, copy what you change, and use
        ``record.seen`` where you need to know what time it is.
        """
        changed: set[str] = set()
        other: set[str] = set()
        asked: set[str] = set()
        # Backwards, so that what is kept from one record to the next shows as well.
        for mapped in reversed(list(observed.everything)):
            given_ = (mapped.record, mapped.previous, _answers(mapped.related), observed.context)
            before = copy.deepcopy(given_)
            with watched() as impure:
                again = call(observed.connection.hooks, *given_)
            name = f"{mapped.record.stream} {mapped.record.id}"
            asked |= impure
            changed |= {name} if given_ != before else set()
            other |= {name} if again.said != mapped.said else set()

        assert sorted(asked) == [], "a mapping hook asks for more than its arguments tell"
        assert sorted(changed) == [], "a mapping hook changes its arguments"
        assert sorted(other) == [], "the second time, a record maps to something else"


def _answers(related: Related) -> Related:
    return type(related)(related) if isinstance(related, Unasked) else Related(related)


def _known(observed: Observed, stream: str) -> Read:
    read = {place_of(record) for record in observed.records(stream)}
    return {
        place_of(m.record): (written(m.record.payload), tuple(sorted(observed.ids(m))))
        for m in observed.mapped
        if place_of(m.record) in read
    }
