"""The ASGI application of a desk."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from frontdesk.errors import ConfigurationError
from frontdesk.sandbox import ASGI

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from frontdesk.desk import Desk
    from frontdesk.web.pages.frame import Authenticate

PARTS: Final = ("webhooks", "pages")


def make_app(desk: Desk, parts: Collection[str], authenticate: Authenticate | None = None) -> ASGI:
    """Make an application with some parts of frontdesk.

    Args:
        authenticate: Tells who uses the pages; without it, they have a login of their own.

    Raises:
        ConfigurationError: A part is unknown, or the library for it is not installed.
    """
    for part in parts:
        if part not in PARTS:
            raise ConfigurationError(f"there is no part {part!r}; parts are: {', '.join(PARTS)}")
    try:
        from starlette.applications import Starlette  # noqa: PLC0415  # an extra
        from starlette.routing import BaseRoute, Mount  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "pages and webhooks need a library; try: pip install 'frontdesk[web]'"
        ) from None
    from frontdesk.web import health, webhooks  # noqa: PLC0415  # they need it, too

    routes: list[BaseRoute] = [*health.routes(desk)]
    if "webhooks" in parts:
        routes += webhooks.routes(desk)
    if "pages" not in parts:
        return cast("ASGI", Starlette(routes=routes))
    routes.append(Mount("/", _pages(desk, authenticate)))
    prefix = urlsplit(desk.service_settings.pages_url or "").path.rstrip("/")
    return cast("ASGI", Prefixed(Starlette(routes=routes), prefix))


def _pages(desk: Desk, authenticate: Authenticate | None) -> ASGIApp:
    try:
        from frontdesk.web.pages import make_pages  # noqa: PLC0415  # whoever receives only needs less
    except ImportError as error:
        raise ConfigurationError(
            f"the pages need {error.name!r}; try: pip install 'frontdesk[web]'"
        ) from None
    return make_pages(desk, authenticate)


class Prefixed:
    """Serves an application under a path that a proxy adds, whether it passes it on or not."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # Mounted in another application, it is that which knows.
        if self._prefix and scope["type"] == "http" and not scope.get("root_path"):
            path: str = scope["path"]
            if not f"{path}/".startswith(f"{self._prefix}/"):
                path = self._prefix + path
            scope = {**scope, "root_path": self._prefix, "path": path}
        await self._app(scope, receive, send)
