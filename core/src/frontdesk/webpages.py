"""What a plugin says of pages it adds to those of frontdesk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from frontdesk.people import Role


@attrs.frozen(kw_only=True)
class WebPages:
    """Pages of a plugin; they are served under ``/plugins/<plugin>/``.

    Args:
        routes: Starlette's routes. What they lead to is marked with ``page`` or ``change`` of
            :mod:`frontdesk.web.pages.frame`; anything else is refused.
        templates: The folder of the plugin's templates, which extend ``base.html``. Their
            names begin with the plugin's: ``show(request, "lido/towels.html")``.
        label: What the navigation calls them; empty: there is no entry.
        start: The name of the route that entry leads to.
        role: Who sees the entry.
        body_limit: Bytes of a form, with the files that are sent in it.
    """

    routes: Sequence[Any]
    templates: Path | None = None
    label: str = ""
    start: str = ""
    role: Role = Role.VIEWER
    body_limit: int = 1024 * 1024
