"""What pages ask of a request, and of the plugins that are at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Connection as Db
from starlette.exceptions import HTTPException
from starlette.requests import Request

from frontdesk import registry
from frontdesk.columns import from_micros, to_micros
from frontdesk.manifest import DestinationManifest, Manifest
from frontdesk.web.pages.frame import url

if TYPE_CHECKING:
    from frontdesk.desk import Desk

_T = TypeVar("_T")
#: Digits of the largest number that names anything.
_DIGITS: Final = 18
_PARTS: Final = 3


def desk_of(request: Request) -> Desk:
    """Return the desk the pages belong to."""
    found: Desk = request.app.state.desk
    return found


async def ask(request: Request, question: Callable[[Db], _T]) -> _T:
    """Return what the store answers, all of it from one moment."""
    return await desk_of(request).store.read(question)


def number(text: str | None) -> int | None:
    """Return the number a request names; None if it names none."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        return None
    return int(text)


def place(text: str | None) -> tuple[datetime, int, int] | None:
    """Return where a timeline goes on, as :func:`placed` wrote it."""
    parts = [number(part) for part in (text or "").split("-")]
    if len(parts) != _PARTS or parts[0] is None or parts[1] is None or parts[2] is None:
        return None
    try:
        return from_micros(parts[0]), parts[1], parts[2]
    except OverflowError:
        return None


def placed(where: tuple[datetime, int, int] | None) -> str:
    """Write where a timeline goes on; nothing if it does not."""
    if where is None or to_micros(where[0]) < 0:
        return ""
    return f"{to_micros(where[0])}-{where[1]}-{where[2]}"


def link(request: Request, name: str, query: Mapping[str, Any], /, **parameters: Any) -> str:
    """Return the path of a route with those parts of a query that say something."""
    said = {key: value for key, value in query.items() if value not in (None, "")}
    asked = f"?{urlencode(said)}" if said else ""
    return url(request, name, **parameters) + asked


def lost() -> HTTPException:
    """Return what to raise where nothing is."""
    return HTTPException(404)


def manifests(request: Request) -> Mapping[str, Manifest]:
    """Return what connectors say of themselves, by name: those in use, and those installed."""
    state = request.app.state
    if not hasattr(state, "manifests"):
        ready = [one.name for one in registry.installed() if one.state == "ready"]
        state.manifests = {name: registry.load(name).manifest for name in ready}
    used = {one.connector.name: one.manifest for one in desk_of(request).connections.values()}
    return {**state.manifests, **used}


def outlets(request: Request) -> Mapping[str, DestinationManifest]:
    """Return what the destination plugins in use say of themselves, by name."""
    return {one.plugin.name: one.manifest for one in desk_of(request).destinations.values()}


def title(request: Request, integration: str) -> str:
    """Return what an integration is called."""
    manifest = manifests(request).get(integration)
    return integration if manifest is None else manifest.title
