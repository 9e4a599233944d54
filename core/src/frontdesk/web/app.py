"""The ASGI application of a desk."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final, cast

from frontdesk.errors import ConfigurationError
from frontdesk.sandbox import ASGI

if TYPE_CHECKING:
    from frontdesk.desk import Desk

PARTS: Final = ("webhooks",)


def make_app(desk: Desk, parts: Collection[str]) -> ASGI:
    """Make an application with some parts of frontdesk.

    Raises:
        ConfigurationError: A part is unknown, or the library for it is not installed.
    """
    for part in parts:
        if part not in PARTS:
            raise ConfigurationError(f"there is no part {part!r}; parts are: {', '.join(PARTS)}")
    try:
        from starlette.applications import Starlette  # noqa: PLC0415  # an extra
        from starlette.routing import BaseRoute  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "pages and webhooks need a library; try: pip install 'frontdesk[web]'"
        ) from None
    from frontdesk.web import health, webhooks  # noqa: PLC0415  # they need it, too

    routes: list[BaseRoute] = [*health.routes(desk)]
    if "webhooks" in parts:
        routes += webhooks.routes(desk)
    return cast("ASGI", Starlette(routes=routes))
