"""The concierge, as the staff fill it: what guests are told, and what they can ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.errors import ConfigurationError
from frontdesk.people import Role
from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import back, change, page, translator
from frontdesk_guestlist import concierge, wording
from frontdesk_guestlist.concierge import Offer, Section, Wording
from frontdesk_guestlist.pages import within
from frontdesk_guestlist.pages.filled import Filled, filled, languages_of, who

_SECTION: Final = "offering"
_TITLE: Final = 200
_BODY: Final = 5_000
#: Places further down than anybody's list is long.
_LAST: Final = 999


@page()
async def offering(request: Request) -> Response:
    """Show all of it."""
    annex = within.annex_of(request)

    def ask(db: Connection) -> tuple[list[Section], list[Offer]]:
        return (
            concierge.information(db, annex),
            concierge.offers(db, annex, active=False),
        )

    sections, offers = await annex.read(ask)
    told = {one: [s for s in sections if s.language == one] for one in _languages(sections)}
    return await within.show(
        request,
        "offering.html",
        section=_SECTION,
        told=told,
        offers=offers,
        languages=_names(request),
    )


@page(Role.STAFF)
async def information(request: Request) -> Response:
    """Show a form to change what guests are told, or to add to it."""
    found = await _section(request)
    values = {
        "language": found.language if found else request.query_params.get("language", ""),
        "position": str(found.position) if found else "0",
        "title": found.title if found else "",
        "body": found.body if found else "",
    }
    return await _information(request, values, {})


@change(Role.STAFF)
async def information_save(request: Request) -> Response:
    """Add or change what guests are told."""
    _, annex, form = translator(request), within.annex_of(request), await filled(request)
    language = form.choice("language", _names(request))
    position = form.whole("position", 0, _LAST)
    title = form.text("title", most=_TITLE, required=True)
    body = form.text("body", most=_BODY, required=True)
    if language is not None and position is not None and not form.problems:
        section = Section(
            id=_id(request), language=language, position=position, title=title, body=body
        )
        try:
            await annex.write(
                lambda db: concierge.save_information(db, annex, section, who(request))
            )
        except ConfigurationError as error:
            form.wrong("", str(error))
        else:
            to = within.path(request, "offering")
            return back(request, _("Saved. Guests read it from now on."), to=to)
    return await _information(request, form.values, form.problems)


@change(Role.STAFF)
async def information_remove(request: Request) -> Response:
    """Tell guests something no more."""
    _, annex, id = translator(request), within.annex_of(request), request.path_params["id"]
    await annex.write(lambda db: concierge.remove_information(db, annex, id, who(request)))
    return back(request, _("Removed."), to=within.path(request, "offering"))


@page(Role.STAFF)
async def offer(request: Request) -> Response:
    """Show a form to change an offer, or to make one."""
    return await _offer(request, _values(await _found(request)), {})


@change(Role.STAFF)
async def offer_save(request: Request) -> Response:
    """Make or change an offer."""
    _, annex, form = translator(request), within.annex_of(request), await filled(request)
    made = _read_offer(request, form)
    if not form.problems:
        try:
            await annex.write(lambda db: concierge.save_offer(db, annex, made, who(request)))
        except ConfigurationError as error:
            form.wrong("", str(error))
        else:
            return back(request, _("The offer is saved."), to=within.path(request, "offering"))
    return await _offer(request, form.values, form.problems)


@change(Role.STAFF)
async def offer_remove(request: Request) -> Response:
    """Offer something no more."""
    _, annex, id = translator(request), within.annex_of(request), request.path_params["id"]
    gone = await annex.write(lambda db: concierge.remove_offer(db, annex, id, who(request)))
    kept = _("Guests have asked for it, so it is kept; it is offered no more.")
    return back(request, _("Removed.") if gone else kept, to=within.path(request, "offering"))


def _names(request: Request) -> Mapping[str, str]:
    return languages_of(request, wording.languages())


def _languages(sections: list[Section]) -> list[str]:
    return sorted({*wording.languages(), *(one.language for one in sections)})


def _id(request: Request) -> int | None:
    id: int | None = request.path_params.get("id")
    return id


async def _section(request: Request) -> Section | None:
    annex, id = within.annex_of(request), _id(request)
    if id is None:
        return None
    for one in await annex.read(lambda db: concierge.information(db, annex)):
        if one.id == id:
            return one
    raise asking.lost()


async def _found(request: Request) -> Offer | None:
    annex, id = within.annex_of(request), _id(request)
    if id is None:
        return None
    for one in await annex.read(lambda db: concierge.offers(db, annex, active=False)):
        if one.id == id:
            return one
    raise asking.lost()


async def _information(
    request: Request, values: Mapping[str, str], problems: Mapping[str, str]
) -> Response:
    return await within.show(
        request,
        "information.html",
        section=_SECTION,
        status=422 if problems else 200,
        id=_id(request),
        values=values,
        problems=problems,
        languages=_names(request),
    )


async def _offer(
    request: Request, values: Mapping[str, str], problems: Mapping[str, str]
) -> Response:
    return await within.show(
        request,
        "offer.html",
        section=_SECTION,
        status=422 if problems else 200,
        id=_id(request),
        values=values,
        problems=problems,
        languages=_names(request),
    )


def _values(offer: Offer | None) -> dict[str, str]:
    if offer is None:
        return {"position": "0", "active": "yes"}
    values = {
        "position": str(offer.position),
        "active": "yes" if offer.active else "",
        "price": "" if offer.price is None else f"{offer.price:.2f}",
    }
    for language, said in offer.texts.items():
        values |= {f"title-{language}": said.title, f"text-{language}": said.text}
    return values


def _read_offer(request: Request, form: Filled) -> Offer:
    """Return the offer that was filled in, as far as nothing is wrong with it."""
    settings = within.annex_of(request).settings
    texts: dict[str, Wording] = {}
    for language in _names(request):
        required = language == settings.language or bool(form.values.get(f"text-{language}"))
        title = form.text(f"title-{language}", most=_TITLE, required=required)
        text = form.text(f"text-{language}", most=_BODY)
        if title:
            texts[language] = Wording(title, text)
    price = form.amount("price")
    return Offer(
        id=_id(request),
        position=form.whole("position", 0, _LAST) or 0,
        active=form.ticked("active"),
        price=price,
        currency=None if price is None else settings.currency,
        texts=texts,
    )


routes: Final = [
    Route("/{property}/concierge", offering, name="offering"),
    Route("/{property}/concierge/information", information, name="information_new"),
    Route(
        "/{property}/concierge/information",
        information_save,
        methods=["POST"],
        name="information_add",
    ),
    Route("/{property}/concierge/information/{id:int}", information, name="information"),
    Route(
        "/{property}/concierge/information/{id:int}",
        information_save,
        methods=["POST"],
        name="information_save",
    ),
    Route(
        "/{property}/concierge/information/{id:int}/remove",
        information_remove,
        methods=["POST"],
        name="information_remove",
    ),
    Route("/{property}/concierge/offers", offer, name="offer_new"),
    Route("/{property}/concierge/offers", offer_save, methods=["POST"], name="offer_add"),
    Route("/{property}/concierge/offers/{id:int}", offer, name="offer"),
    Route("/{property}/concierge/offers/{id:int}", offer_save, methods=["POST"], name="offer_save"),
    Route(
        "/{property}/concierge/offers/{id:int}/remove",
        offer_remove,
        methods=["POST"],
        name="offer_remove",
    ),
]
