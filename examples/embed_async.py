"""An application that embeds frontdesk: connect a hotel, watch the sync, print a summary."""

from __future__ import annotations

import asyncio
import os

import frontdesk


async def main() -> None:
    desk = frontdesk.Desk(os.environ.get("FRONTDESK_STORE", "frontdesk.db"))
    hotel = desk.connect(
        "mews",
        name="grand-hotel",
        client_token=os.environ["MEWS_CLIENT_TOKEN"],
        access_token=os.environ["MEWS_ACCESS_TOKEN"],
        base_url=os.environ.get("MEWS_BASE_URL", "production"),
    )
    desk.subscribe(lambda update: print(f"{update.stream}: {update.records} records"))
    async with desk:
        report = await desk.sync(hotel)
        print(f"{report.events} events and {report.profiles} profiles are new")
        for metric in await desk.metrics():
            print(f"{metric.name}: {metric.count}, last on {metric.last:%d %B %Y}")


asyncio.run(main())
