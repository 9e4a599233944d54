"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from frontdesk.errors import StoreError

if TYPE_CHECKING:
    from frontdesk.desk import Desk


def routes(desk: Desk) -> list[Route]:
    """Return ``/healthz`` and ``/readyz``."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> JSONResponse:
        said = await readiness(desk)
        return JSONResponse(said, 200 if said["status"] == "ready" else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def readiness(desk: Desk) -> dict[str, Any]:
    """Say whether webhooks can be written, and whether anybody works them off.

    Without a service here webhooks are stored all the same; another process may drain them.
    """
    try:
        rows, outlets = await desk.status(), await desk.destination_status()
        writable = await desk.store.is_writable()
    except (StoreError, SQLAlchemyError):
        return {"status": "not ready", "store": "cannot be read"}
    states = {row.name: row.state for row in rows}
    outlet_states = {row.name: row.state for row in outlets}
    said: dict[str, Any] = {
        "status": "ready" if writable else "not ready",
        "store": "writable" if writable else "read-only",
        "service": "at work here" if desk.serving else "not at work in this process",
        "connections": {name: states.get(name, "not opened yet") for name in desk.connections},
    }
    if desk.destinations:
        said["destinations"] = {
            name: outlet_states.get(name, "not opened yet") if one.rules.live else "in test mode"
            for name, one in desk.destinations.items()
        }
    return said
