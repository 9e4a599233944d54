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
from datetime import UTC, datetime
from pathlib import Path

import anyio

from frontdesk.model import Account
from frontdesk.store.keyring import new_key
from frontdesk_mindbody.sandbox import Options, Platform

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / part) for part in ("core/tests", "plugins/mindbody/tests")]
SITE = -99
BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def run(arguments: argparse.Namespace, folder: Path) -> bool:
    """Let the time pass, and say what came of it."""
    import mindbody_year  # found by the path above

    options = Options(
        now=BEGAN,
        clients=arguments.clients,
        sites=1,
        calls_a_day=arguments.calls,
        hard_cap=True,
    )
    platform = Platform(options)
    began = time.monotonic()
    store = folder / "year.db"
    more = {"calls_a_day": arguments.calls}
    async with mindbody_year.followed(platform, store, new_key(), **more) as months:
        since = platform.now
        for day in range(arguments.days):
            if arguments.minutes and time.monotonic() - began > 60 * arguments.minutes:
                print(f"stopped after {day} days: {arguments.minutes} minutes are over")
                break
            await months.days(1, arguments.changes)
            if day % 30 == 0:
                calls = platform.calls[platform.now.date(), SITE]
                spent = time.monotonic() - began
                print(f"day {day}: {calls} calls so far today, {spent:.0f} s", flush=True)
        # Whatever waits for quota has a day without anything new.
        await months.days(1, 0)
        (status,) = await months.desk.status()
        connector = months.connection.connector.name
        wanted = mindbody_year.expected(platform, connector, Account(str(SITE), ""), since)
        found = await mindbody_year.logged(months.desk)
        profiles = len(await months.desk.profiles(limit=10_000_000))
    return report(platform, status, months.received, wanted, found, profiles)


def report(platform, status, received, wanted, found, profiles) -> bool:  # type: ignore[no-untyped-def]  # printed only
    """Print the figures; tell whether all is as it must be."""
    busiest = platform.quota.busiest(SITE)
    refused = sum(platform.quota.refused.values())
    days = [count for (_, site), count in platform.calls.items() if site == SITE]
    studio = platform.world.studios[SITE]
    merged = len(studio.merged)
    lost = len(wanted - found.keys())
    print(f"webhooks received: {received}, pending: {status.pending}")
    print(f"calls: {sum(days)}, on the busiest day {max(days)}, in any 24 hours {busiest}")
    print(f"calls the platform refused: {refused}")
    print(f"calls by operation: {dict(platform.asked.most_common())}")
    print(f"history of clients: {status.history['clients'].finished}")
    print(f"clients: {len(studio.clients)}, merged: {merged}, profiles: {profiles}")
    print(f"events: {len(found)}; proven by the journal: {len(wanted)}, of these missing: {lost}")
    print(f"quarantined: {status.quarantined}; {Counter(found.values())}")
    return (
        busiest <= platform.options.calls_a_day
        and not refused
        and not lost
        and not status.pending
        and not status.quarantined
        and status.history["clients"].finished
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
        good = anyio.run(run, arguments, Path(folder))
    print("as it must be" if good else "NOT as it must be")
    sys.exit(not good)


if __name__ == "__main__":
    main()
