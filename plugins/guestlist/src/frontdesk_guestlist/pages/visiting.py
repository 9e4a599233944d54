"""Who comes by a link.

Guests have no login and need no cookie: the signed token in the address says who they are and
what they may do, and nothing else does. So there is no form token either. What that protects
from, a form of another site that a browser sends together with somebody's cookie, cannot
happen here: whoever can send such a form knows the token, and could open the page as well.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, TypeAlias

import attrs
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from frontdesk.annex import Annex
from frontdesk.explaining import explain
from frontdesk.web.pages import frame
from frontdesk_guestlist import guests, links, rowing, wording
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.links import Pass, Purpose
from frontdesk_guestlist.pages.rendering import render
from frontdesk_guestlist.pages.within import annexes
from frontdesk_guestlist.settings import Settings
from frontdesk_guestlist.wording import N_

_log = logging.getLogger("frontdesk")
Handler: TypeAlias = Callable[[Request, "Visit"], Awaitable[Response]]
#: No token is that long.
_TOKEN_MOST: Final = 1000
_FIELDS_MOST: Final = 50


@attrs.frozen
class Closed:
    """Why somebody is shown nothing, to be translated, and what programs are told."""

    title: str
    text: str
    status: int


class NoEntryError(Exception):
    """A link leads nowhere.

    Args:
        settings: Of the property, only where the link was right.
    """

    def __init__(self, why: Closed, settings: Settings | None = None) -> None:
        super().__init__(why.title)
        self.why, self.settings = why, settings


@attrs.frozen(kw_only=True, repr=False)
class Visit:
    """Somebody who came by a link that is right.

    Args:
        language: What the page speaks.
        tag: The guest's language with the country, if it is that one: how days are written.
    """

    annex: Annex
    pass_: Pass
    guest: Guest
    token: str
    language: str
    tag: str

    @property
    def settings(self) -> Settings:
        """Of the property."""
        found: Settings = self.annex.settings
        return found

    def translate(self, text: str) -> str:
        """Return a text in the page's language."""
        return wording.translator(self.language)(text)


def by_link(*purposes: Purpose) -> Callable[[Handler], Callable[[Request], Awaitable[Response]]]:
    """Make a function that is given a visit a page for everybody who has such a link.

    Args:
        purposes: What the links may be for; with others it is as if they were none.
    """
    return lambda handler: frame.page(role=None)(_by_link(handler, purposes))


def _by_link(
    handler: Handler, purposes: tuple[Purpose, ...]
) -> Callable[[Request], Awaitable[Response]]:
    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await handler(request, await _arrive(request, purposes))
        except NoEntryError as error:
            return _refuse(request, error.why, error.settings)
        except HTTPException as error:
            return _refuse(request, attrs.evolve(_UNREADABLE, status=error.status_code))
        except Exception as error:  # noqa: BLE001  # whatever it is, it may quote a guest
            _log.error("a page for guests failed: %s", explain(error))
            return _refuse(request, _TROUBLE)

    return answer


_FOREIGN: Final = Closed(
    N_("This link does not work"),
    N_("Perhaps a part of it is missing: open it from the e-mail again, or copy the whole of it. "
       "If it still does not work, please ask the property that sent it to you."),
    404,
)  # fmt: skip
_EXPIRED: Final = Closed(
    N_("This link has expired"),
    N_("It worked for a certain time only. Please ask the property that sent it to you; "
       "it can send you another."),
    410,
)  # fmt: skip
OVER: Final = Closed(
    N_("This link is no longer valid"),
    N_("If you think that it should be, please ask the property that sent it to you."),
    410,
)
_UNREADABLE: Final = Closed(
    N_("This could not be read"),
    N_("Perhaps it was too long. Please go back and try it with less text."),
    400,
)
_TROUBLE: Final = Closed(
    N_("Something went wrong"),
    N_("That is our fault. Please try again in a few minutes."),
    503,
)


async def _arrive(request: Request, purposes: tuple[Purpose, ...]) -> Visit:
    annex, pass_, token = await _enter(request)
    if pass_.purpose not in purposes:
        raise NoEntryError(_FOREIGN)
    guest = await annex.read(lambda db: guests.get(db, annex, pass_.guest))
    if guest is None or _left(guest, pass_):
        raise NoEntryError(OVER, annex.settings)
    asked, own = request.query_params.get("lang", ""), guest.language
    language = wording.language_of(asked, own, annex.settings.language)
    tag = own if wording.language_of(own) == language and own else language
    return Visit(annex=annex, pass_=pass_, guest=guest, token=token, language=language, tag=tag)


async def _enter(request: Request) -> tuple[Annex, Pass, str]:
    there, token = annexes(request), request.path_params["token"]
    if not there or len(token) > _TOKEN_MOST:
        raise NoEntryError(_FOREIGN)
    # All guest lists of a store sign with one key; the token says of which it is.
    one = next(iter(there.values()))
    try:
        property, pass_ = links.read(await one.key(), token, one.clock.now())
    except links.LinkError as error:
        raise NoEntryError(_EXPIRED if error.expired else _FOREIGN) from None
    if property not in there:
        raise NoEntryError(_FOREIGN)
    return there[property], pass_, token


def _left(guest: Guest, pass_: Pass) -> bool:
    """Tell whether a guest's links are over; to unsubscribe one need not be expected."""
    if pass_.purpose is Purpose.UNSUBSCRIBE:
        return False
    return guest.hidden is not None or guest.status in rowing.OFF


def _refuse(request: Request, why: Closed, settings: Settings | None = None) -> Response:
    """Say in every language that there is nothing here: whose it was is not known."""
    first = wording.choose(wording.languages(), *_accepted(request))
    order = sorted(wording.languages(), key=lambda one: one != first)
    return render(
        request,
        "closed.html",
        settings,
        language=first,
        status=why.status,
        said=[(one, *map(wording.translator(one), (why.title, why.text))) for one in order],
    )


def _accepted(request: Request) -> list[str]:
    header = request.headers.get("accept-language", "")
    return [part.partition(";")[0] for part in header.split(",")]


async def posted(request: Request) -> dict[str, list[str]]:
    """Return what a form sent, by name; files are none of ours."""
    form = await request.form(max_files=0, max_fields=_FIELDS_MOST)
    return {
        name: [value for value in form.getlist(name) if isinstance(value, str)] for name in form
    }


def is_looking(request: Request) -> bool:
    """Tell whether a page was opened, as far as the request says.

    Not by a browser that fetches it in case somebody will open it. A program that scans mail
    and pretends to be a person cannot be told from one.
    """
    asked = {request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz")}
    return request.method == "GET" and not any("prefetch" in one for one in asked)
