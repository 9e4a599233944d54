"""The same application without ``await``: a script, a job of Django or Celery, a notebook."""

from __future__ import annotations

import os

from frontdesk import blocking

with blocking.Desk(os.environ.get("FRONTDESK_STORE", "frontdesk.db")) as desk:
    hotel = desk.connect(
        "mews",
        name="grand-hotel",
        client_token=os.environ["MEWS_CLIENT_TOKEN"],
        access_token=os.environ["MEWS_ACCESS_TOKEN"],
        base_url=os.environ.get("MEWS_BASE_URL", "production"),
    )
    desk.subscribe(lambda update: print(f"{update.stream}: {update.records} records"))
    report = desk.sync(hotel)
    print(f"{report.events} events and {report.profiles} profiles are new")
    for metric in desk.metrics():
        print(f"{metric.name}: {metric.count}, last on {metric.last:%d %B %Y}")
