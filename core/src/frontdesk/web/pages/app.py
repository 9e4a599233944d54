"""The pages as one application, to stand beside the webhooks or to be mounted alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from frontdesk.people import Role
from frontdesk.web.pages import (
    account,
    connections,
    login,
    metrics,
    profiles,
    quarantine,
    reference,
    trail,
    users,
)
from frontdesk.web.pages.additions import Addition, additions
from frontdesk.web.pages.doors import Doors
from frontdesk.web.pages.frame import BASE, Authenticate, Entry, Surroundings, fail, page, url
from frontdesk.web.pages.security import Guarded, Passwords
from frontdesk.web.pages.throttle import Throttle

if TYPE_CHECKING:
    from frontdesk.desk import Desk

#: What everybody has.
_MODULES: Final = (metrics, profiles, connections, quarantine, reference, trail)
#: What an application with a login of its own has no use for.
_OWN_LOGIN: Final = (login, account, users)


def make_pages(desk: Desk, authenticate: Authenticate | None = None) -> ASGIApp:
    """Make the pages of a desk.

    Args:
        authenticate: The application's own login; see :meth:`frontdesk.Desk.asgi`.
    """
    modules = _MODULES if authenticate else (*_MODULES, *_OWN_LOGIN)
    added = additions(desk)
    routes = [*_routes(modules), *(one.mount for one in added)]
    app = Starlette(routes=routes, exception_handlers={404: _lost, 405: _lost})
    app.router.redirect_slashes = False
    app.state.desk = desk
    app.state.surroundings = Surroundings(
        desk=desk,
        doors=Doors(desk.store, desk.clock),
        authenticate=authenticate,
        navigation=_navigation(modules, added),
        loaders={one.name: one.loader for one in added if one.loader is not None},
        secure=(desk.service_settings.pages_url or "").startswith("https:"),
        passwords=Passwords(),
        throttle=Throttle(desk.clock),
    )
    # A plugin's pages may take more; the limit next to the page counts.
    return Guarded(_Based(RequestBodyLimitMiddleware(app, desk.service_settings.body_limit)))


def _routes(modules: Iterable[Any]) -> list[BaseRoute]:
    files = resources.files("frontdesk.web.pages") / "static"
    return [
        Route("/", _home, name="home"),
        Mount("/static", _Kept(StaticFiles(directory=str(files))), name="static"),
        *(route for module in modules for route in module.routes),
    ]


def _navigation(modules: Iterable[Any], added: Iterable[Addition]) -> tuple[Entry, ...]:
    found: list[Sequence[Any]] = [module.nav for module in modules if hasattr(module, "nav")]
    entries: list[Entry] = [(*one[:3], one[3] if one[3:] else Role.VIEWER) for one in found]
    entries += [one.entry for one in added if one.entry is not None]
    return tuple(sorted(entries, key=lambda entry: entry[2]))


@page()
async def _home(request: Request) -> Response:
    return RedirectResponse(url(request, "metrics"), 303)


@page(role=None)
async def _nowhere(request: Request) -> Response:
    return await fail(request, 404)


async def _lost(request: Request, _: Exception) -> Response:
    return await _nowhere(request)


class _Based:
    """Remembers where the pages begin, whatever is mounted within them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, BASE: scope.get("root_path", "")}, receive, send)


class _Kept:
    """Lets browsers keep files, for a while: they belong to a version, and speak of nobody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"cache-control", b"max-age=3600"))
            await send(message)

        await self._app(scope, receive, kept)
