"""The emulated world: the sites, a clock, and what happened since it was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from frontdesk.sandbox.clock import ServerClock, real
from frontdesk_mindbody.sandbox import studios
from frontdesk_mindbody.sandbox.journal import Action, Journal, Told
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.past import Past
from frontdesk_mindbody.sandbox.people import Registry
from frontdesk_mindbody.sandbox.refusal import Refusal
from frontdesk_mindbody.sandbox.studios import Studio


class World:
    """All sites of one developer account."""

    def __init__(self, options: Options, wall: Callable[[], datetime] = real) -> None:
        self.options = options
        self.clock = ServerClock(options.now, wall)
        self.journal = Journal()
        self.rng = Random(options.seed)
        self.studios = {studio.id: studio for studio in studios.build(options.sites)}
        self.registries: dict[int, Registry] = {}
        for number, studio in enumerate(self.studios.values()):
            self._populate(studio, number)

    def _populate(self, studio: Studio, number: int) -> None:
        options, now = self.options, self.clock.now
        # A generator for each: more sites leave the first ones as they were.
        rng = Random(f"{options.seed} at {studio.id}")
        share = _shares(options.clients, options.sites, number)
        studio.activated = number < max(1, options.sites - options.unactivated)
        studio.classes_a_day = max(6, min(60, share // 200))
        registry = self.registries[studio.id] = Registry(rng, studio)
        registry.populate(share, now)
        wanted = {
            "appointments": (options.appointments, options.clients // 2),
            "visits": (options.visits, options.clients),
            "sales": (options.sales, options.clients // 2),
        }
        counts = {
            name: _shares(default if given is None else given, options.sites, number)
            for name, (given, default) in wanted.items()
        }
        past = Past(rng, studio, now)
        past.merge(share // 50)
        past.fill(**counts)

    def studio(self, site: int) -> Studio:
        """Give a site.

        Raises:
            Refusal: There is no such site.
        """
        found = self.studios.get(site)
        if found is None:
            raise Refusal(400, "The site ID is invalid.", code="InvalidSiteId")
        return found

    def advance(self, by: timedelta) -> None:
        """Move the clock, and the calendars of classes with it."""
        self.clock.advance(by)
        for studio in self.studios.values():
            studio.plan(self.clock.now)

    def note(
        self, kind: str, where: tuple[int, int], facts: Mapping[str, Any], told: Sequence[Told]
    ) -> Action:
        """Write an action down, and tell of it."""
        return self.journal.write(self.clock.now, kind, where, facts, told)


def _shares(count: int, sites: int, number: int) -> int:
    """Deal *count* out to the sites."""
    return count // sites + (number < count % sites)
