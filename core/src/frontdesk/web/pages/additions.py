"""Pages that plugins add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs
from jinja2 import FileSystemLoader
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from frontdesk.errors import InvalidConnectorError
from frontdesk.web.pages.frame import Entry, is_page
from frontdesk.webpages import WebPages

if TYPE_CHECKING:
    from frontdesk.desk import Desk

#: After the pages everybody has, and before those for admins.
_ORDER: Final = 70


@attrs.frozen
class Addition:
    """What one plugin adds."""

    name: str
    mount: Mount
    entry: Entry | None
    loader: FileSystemLoader | None


def additions(desk: Desk) -> list[Addition]:
    """Return what the plugins add of all that is connected, each once.

    Raises:
        InvalidConnectorError: A plugin adds something that needs no login.
    """
    found: dict[str, WebPages] = {}
    for name, hooks in _plugins(desk):
        if name not in found:
            pages = hooks.add_pages()
            if pages is not None:
                found[name] = pages
    return [_addition(name, pages) for name, pages in found.items()]


def _plugins(desk: Desk) -> Iterator[tuple[str, Any]]:
    for connection in desk.connections.values():
        yield connection.connector.name, connection.hooks
    for destination in desk.destinations.values():
        yield destination.plugin.name, destination.hooks


def _addition(name: str, pages: WebPages) -> Addition:
    _refuse_open(name, pages.routes)
    limit = Middleware(RequestBodyLimitMiddleware, max_body_size=pages.body_limit)
    mount = Mount(f"/plugins/{name}", routes=pages.routes, name=name, middleware=[limit])
    entry = (pages.label, f"{name}:{pages.start}", _ORDER, pages.role) if pages.label else None
    loader = None if pages.templates is None else FileSystemLoader(pages.templates)
    return Addition(name, mount, entry, loader)


def _refuse_open(name: str, routes: Iterable[Any]) -> None:
    """Refuse what anybody could reach: no page is without a login, whoever wrote it."""
    for route in routes:
        files = isinstance(route, Mount) and isinstance(route.app, StaticFiles)
        if not files and not (isinstance(route, Route) and is_page(route.endpoint)):
            raise InvalidConnectorError(
                f"plugin {name!r} breaks the contract: of the routes it adds, {route!r} is neither "
                "a Route to what is marked with page() or change(), nor a Mount of StaticFiles"
            )
