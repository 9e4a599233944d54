"""How an e-mail looks, shown within a page of the staff."""

from __future__ import annotations

import re
from typing import Final

import attrs
from markupsafe import Markup

from frontdesk_guestlist.templating import Rendered

#: As Markdown's renderer writes it: what is in quotes is escaped.
_PICTURE: Final = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^<>]*>')
_PLACE: Final = r'<span class="picture" title="\1">\2</span>'


def within_page(rendered: Rendered) -> Rendered:
    """Return an e-mail whose pictures are named only: pages of the staff fetch none."""
    named = _PICTURE.sub(_PLACE, str(rendered.content))
    return attrs.evolve(rendered, content=Markup(named))  # noqa: S704  # it was markup before
