"""``frontdesk run`` delivers as well; what it leaves when it ends, the command delivers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from stores import asked
from test_run import running

from frontdesk import blocking
from frontdesk.sandbox import ASGI
from frontdesk.serving import served
from frontdesk.store import Store, announcing
from frontdesk_klaviyo.sandbox import Options, create

#: Events of guests the platform erased are nobody's.
LOGGED = (
    "SELECT COUNT(*) FROM log l JOIN guests g ON g.id = l.guest_id"
    " WHERE l.kind = 1 AND g.key NOT LIKE 'forgotten-%'"
)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")


class Watched:
    """An application that tells when it answered a request for a path."""

    def __init__(self, app: ASGI, path: str) -> None:
        self._app, self._path = app, path
        self.asked = threading.Event()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)
        if scope.get("path", "").rstrip("/") == self._path:
            self.asked.set()


def toml(value: object) -> str:
    """Return a value as TOML: JSON, but for the one table there is."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {toml(one)}' for key, one in value.items())} }}"
    return json.dumps(value)


def configure(path: Path, store: str, hotel: dict[str, str], klaviyo: dict[str, object]) -> Path:
    lines = [
        "[store]",
        f"url = {toml(store)}",
        "[connections.grand-hotel]",
        'connector = "mews"',
        *(f"{key.removeprefix('MEWS_').lower()} = {toml(value)}" for key, value in hotel.items()),
        "[destinations.klaviyo]",
        'plugin = "klaviyo"',
        "live = true",
        'consent_without_time = "first_seen"',
        *(f"{key} = {toml(value)}" for key, value in klaviyo.items()),
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def frontdesk(*arguments: str) -> Any:
    ran = subprocess.run(
        [sys.executable, "-m", "frontdesk", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in {0, 3}, ran.stderr
    return json.loads(ran.stdout)


def test_what_the_service_left_the_command_delivers_and_nothing_twice(
    store_url: str, small_hotel: dict[str, str], tmp_path: Path
) -> None:
    made = create(Options(demo=True, event_delay=0, consent_delay=0, job_delay=0))
    app = Watched(made.app, "/api/event-bulk-create-jobs")
    assert made.arrived is not None
    with served(app.__call__) as address:
        where: dict[str, object] = {**made.settings, "base_url": address + made.path}
        config = configure(tmp_path / "frontdesk.toml", store_url, small_hotel, where)

        with running(config) as (service, _):
            assert app.asked.wait(60), service.lines
            took = service.end(signal.SIGTERM)
        # What it read of the hotel until then may not be all.
        frontdesk("sync", "--to", "klaviyo", "--config", str(config))
        (again,) = frontdesk("deliver", "--config", str(config))
        (row,) = frontdesk("destinations", "list", "--config", str(config))

    assert service.process.returncode == 0
    assert took < 10
    assert again["sent"] == {}
    arrived = made.arrived()
    (logged,) = asked(store_url, LOGGED)[0]
    accepted = sum(
        ends.get("accepted", 0) for load, ends in row["sent"].items() if load.endswith("events")
    )
    assert arrived["events of the past"] + arrived["events that may trigger"] == accepted
    events = [load for load in row["sent"] if load.endswith("events")]
    ended = sum(sum(row["sent"][load].values()) for load in events)
    # Law 5: an event waits for something, or has come to an end.
    assert logged == ended + row["backlog"] + sum(row["held"].values())


def test_what_is_told_of_a_destination_is_the_same_on_both_databases(
    store_url: str, small_hotel: dict[str, str], tmp_path: Path
) -> None:
    made = create(Options(demo=True, event_delay=0, consent_delay=0, job_delay=0))
    with served(made.app) as address:
        where: dict[str, object] = {**made.settings, "base_url": address + made.path}
        config = configure(tmp_path / "frontdesk.toml", store_url, small_hotel, where)
        with blocking.Desk.from_config(config) as desk:
            desk.sync("grand-hotel")
            assert not desk.deliver("klaviyo").dry_run
            (somebody, *_) = [one for one in desk.profiles() if one.consent]
            (brand,) = desk.export_guest(somebody.profile["email"])["brands"]
            desk.pause("klaviyo")
            refused = [one.reason for one in desk.refusals("klaviyo")]
            again = desk.redeliver("klaviyo", refused=True)

    (shown,) = brand["destinations"]
    assert shown["recipients"] == [somebody.profile["email"]]
    assert shown["waiting"] == 0
    assert [(one["channel"], one["state"]) for one in shown["told"]] == [("email", "subscribed")]
    assert again == len(refused)
    store = Store(store_url)
    told = anyio.run(store.read, announcing.unannounced)
    store.close()
    assert [(one.name, one.state) for one in told] == [("klaviyo", "paused")]
