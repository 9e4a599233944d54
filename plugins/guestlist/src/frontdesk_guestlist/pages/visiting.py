"""Who comes by a link, and how what they are shown is made.

Guests have no login and need no cookie: the signed token in the address says who they are and
what they may do, and nothing else does. So there is no form token either. What that protects
from, a form of another site that a browser sends together with somebody's cookie, cannot
happen here: whoever can send such a form knows the token, and could open the page as well.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parseaddr
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from frontdesk.annex import Annex
from frontdesk.explaining import explain
from frontdesk.web.pages import frame
from frontdesk_guestlist import answering, guests, links, prose, rowing, wording
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.links import Pass, Purpose
from frontdesk_guestlist.pages.within import annexes
from frontdesk_guestlist.settings import Settings
from frontdesk_guestlist.wording import N_

_log = logging.getLogger("frontdesk")
Handler: TypeAlias = Callable[[Request, "Visit"], Awaitable[Response]]
_FOLDER: Final = Path(__file__).parents[1] / "templates"
#: No token is that long.
_TOKEN_MOST: Final = 1000
_FIELDS_MOST: Final = 50
#: The address of the page is the guest's key to it: no other site is told it, and no cache,
#: proxy or search engine keeps what it shows.
_HEADERS: Final = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}


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
    return _show(
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


def show(
    request: Request, visit: Visit, template: str, /, *, status: int = 200, **values: Any
) -> Response:
    """Render a template of the guests' pages in the guest's language."""
    given = {
        "visit": visit,
        "guest": visit.guest,
        "preview": visit.pass_.preview,
        "here": here(request, visit),
        "languages": _languages(request, visit),
        "day": partial(wording.day, visit.tag),
        "money": partial(wording.money, visit.tag),
        "moment": lambda at: wording.moment(visit.tag, at, visit.settings.time_zone),
        "number": partial(wording.number, visit.tag),
        "countries": answering.countries(visit.language),
        "prose": prose.html,
    }
    return _show(
        request,
        template,
        visit.settings,
        language=visit.language,
        status=status,
        **{**given, **values},
    )


def _show(
    request: Request,
    template: str,
    settings: Settings | None,
    *,
    language: str,
    status: int,
    **values: Any,
) -> HTMLResponse:
    text = (
        _environment(language)
        .get_template(f"visitor/{template}")
        .render(
            language=language,
            property=settings.title if settings else "",
            address=_address(settings),
            style=frame.url(request, "guestlist:static", path="visitor.css"),
            **values,
        )
    )
    return HTMLResponse(text, status, headers=_HEADERS)


def _address(settings: Settings | None) -> str:
    """Return where guests can write to."""
    mail = settings.mail if settings else None
    return parseaddr(mail.reply_to or mail.sender)[1] if mail else ""


@lru_cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    extended: Any = made
    extended.install_gettext_translations(wording.texts(language), newstyle=True)
    return made


def here(request: Request, visit: Visit, **more: str) -> str:
    """Return the path of the page that is open, in the language it is read in."""
    name = "leave" if visit.pass_.purpose is Purpose.UNSUBSCRIBE else "visit"
    return _asked(frame.url(request, f"guestlist:{name}", token=visit.token), visit, more)


def sibling(request: Request, visit: Visit, purpose: Purpose, key: bytes) -> str:
    """Return the path of another page for the same guest; of a preview, its preview."""
    pass_ = attrs.evolve(visit.pass_, purpose=purpose)
    until = links.expires(visit.annex, visit.guest)
    token = links.make(key, visit.settings.property, pass_, until)
    return _asked(frame.url(request, "guestlist:visit", token=token), visit, {})


def _asked(path: str, visit: Visit, more: Mapping[str, str]) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in {"lang": visit.language, **more}.items())
    return f"{path}?{pairs}"


def _languages(request: Request, visit: Visit) -> list[tuple[str, str, str, bool]]:
    """Return each language: its code, its own name, where the page is in it, and whether it is."""
    return [
        (
            one,
            (wording.locale_of(one).get_display_name(one) or one).capitalize(),
            here(request, attrs.evolve(visit, language=one)),
            one == visit.language,
        )
        for one in wording.languages()
    ]


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
