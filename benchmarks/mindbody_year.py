"""A year of a studio with 20,000 clients, on a virtual clock, with 1,000 calls a day.

::

    python benchmarks/mindbody_year.py --days 365 --clients 20000 --changes 200

The sandbox plays, its webhooks go to the service, which polls, reads two years of clients, and
reads recent days again. The sandbox counts every call and refuses one too many. In the end no
span of 24 hours may have seen more than allowed, whatever was told must be in the log, and
every client must have a profile.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import attrs

from frontdesk.model import Account
from frontdesk.store.keyring import new_key
from frontdesk_mindbody.sandbox import Options, Platform

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / part) for part in ("core/tests", "plugins/mindbody/tests")]
SITE = -99
BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of the time that passed."""

    platform: Platform
    status: Any
    received: int
    #: Ids of events: those the journal proves, and by id the metrics of those in the log.
    wanted: set[str]
    found: Mapping[str, str]
    profiles: int

    @property
    def lost(self) -> int:
        """How many events are missing."""
        return len(self.wanted - self.found.keys())

    @property
    def busiest(self) -> int:
        """The most calls in any 24 hours."""
        return self.platform.quota.busiest(SITE)

    @property
    def good(self) -> bool:
        """Whether all is as it must be."""
        return (
            self.busiest <= self.platform.options.calls_a_day
            and not any(self.platform.quota.refused.values())
            and not self.lost
            and not self.status.pending
            and not self.status.quarantined
            and self.status.history["clients"].finished
        )

    def tell(self) -> None:
        """Print the figures."""
        studio = self.platform.world.studios[SITE]
        days = [count for (_, site), count in self.platform.calls.items() if site == SITE]
        counts = dict(Counter(self.found.values()).most_common())
        print(f"webhooks received: {self.received}, pending: {self.status.pending}")
        print(f"calls: {sum(days)}, on the busiest day {max(days)}, in any 24 h {self.busiest}")
        print(f"calls the platform refused: {sum(self.platform.quota.refused.values())}")
        print(f"calls by operation: {dict(self.platform.asked.most_common())}")
        print(f"history of clients read: {self.status.history['clients'].finished}")
        print(f"clients: {len(studio.clients)}, merged: {len(studio.merged)}")
        print(f"profiles: {self.profiles}, quarantined: {self.status.quarantined}")
        print(f"events: {counts}")
        print(f"events the journal proves: {len(self.wanted)}, missing: {self.lost}")


async def run(arguments: argparse.Namespace, folder: Path) -> Outcome:
    """Let the time pass."""
    import mindbody_year  # found by the path above

    platform = Platform(
        Options(
            now=BEGAN,
            clients=arguments.clients,
            sites=1,
            calls_a_day=arguments.calls,
            hard_cap=True,
        )
    )
    began = time.monotonic()
    more = {"calls_a_day": arguments.calls}
    async with mindbody_year.followed(platform, folder / "year.db", new_key(), **more) as months:
        since = platform.now
        for day in range(arguments.days):
            if arguments.minutes and time.monotonic() - began > 60 * arguments.minutes:
                print(f"stopped after {day} days: {arguments.minutes} minutes are over")
                break
            await months.days(1, arguments.changes)
            if day % 30 == 0:
                spent = time.monotonic() - began
                print(f"day {day}: {spent:.0f} s", flush=True)
        # Whatever waits for quota has a day without anything new.
        await months.days(1, 0)
        (status,) = await months.desk.status()
        account = Account(str(SITE), "")
        return Outcome(
            platform=platform,
            status=status,
            received=months.received,
            wanted=mindbody_year.expected(platform, "mindbody", account, since),
            found=await mindbody_year.logged(months.desk),
            profiles=len(await months.desk.profiles(limit=10_000_000)),
        )


def main() -> None:
    """Read the arguments, run, and exit with 1 if something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--clients", type=int, default=20_000)
    parser.add_argument("--changes", type=int, default=200, help="webhooks a day, about")
    parser.add_argument("--calls", type=int, default=1_000, help="calls a day")
    parser.add_argument("--minutes", type=int, default=0, help="stop after so many of ours")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = anyio.run(run, arguments, Path(folder))
    outcome.tell()
    print("as it must be" if outcome.good else "NOT as it must be")
    sys.exit(not outcome.good)


if __name__ == "__main__":
    main()
