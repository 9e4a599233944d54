"""Adding guests by hand: one by a form, many by a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from babel import Locale
from sqlalchemy import Connection as Db
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.errors import ConfigurationError
from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import N_, Role, back, change, page, translator
from frontdesk.web.pages.wording import language_of
from frontdesk_guestlist import adding, files, guests
from frontdesk_guestlist.adding import DuplicateError, Problems
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.pages import within
from frontdesk_guestlist.pages.listed import texts

#: Bytes of a file of guests: some 300,000 rows.
_FILE: Final = 64 * 1024 * 1024
#: Of each field: its label, kind and what browsers fill it with; none, as it is somebody else's.
FIELDS: Final = {
    "first_name": (N_("First name"), "text"),
    "last_name": (N_("Last name"), "text"),
    "email": (N_("E-mail address"), "email"),
    "phone": (N_("Phone number"), "tel"),
    "arrival": (N_("Arrival date"), "date"),
    "departure": (N_("Departure date"), "date"),
    "country": (N_("Country"), "country"),
    "language": (N_("Language"), "language"),
}
#: Languages that guests often speak, to choose from.
_SPOKEN: Final = ["ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "vi", "zh"]  # fmt: skip


@page(Role.STAFF)
async def form(request: Request) -> Response:
    """Show the form that adds a guest."""
    return await _form(request, {})


@change(Role.STAFF)
async def add(request: Request) -> Response:
    """Add a guest, or show what is wrong, or who looks the same."""
    annex, given = within.annex_of(request), texts(await request.form())
    draft = adding.read({name: given.get(name, "").strip() for name in FIELDS}, annex)
    if isinstance(draft, Problems):
        return await _form(request, given, problems=draft.by_field)
    who, anyway = request.state.user.name, given.get("anyway") == "yes"
    try:
        guest = await annex.write(
            lambda db: adding.add(db, annex, draft, "form", who, anyway=anyway)
        )
    except DuplicateError as error:
        uids = error.uids
        same = await annex.read(lambda db: [one for uid in uids if (one := guests.get(db, annex, uid))])  # fmt: skip
        return await _form(request, given, same=same)
    annex.call()
    _ = translator(request)
    return back(request, _("The guest was added."), to=within.path(request, "guest", uid=guest.uid))


async def _form(
    request: Request,
    given: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    same: list[Guest] | None = None,
) -> Response:
    locale = Locale.parse(language_of(request))
    return await within.show(
        request,
        "add.html",
        section="guests",
        status=400 if problems else 409 if same else 200,
        fields=FIELDS,
        given={name: given.get(name, "") for name in FIELDS},
        problems=problems or {},
        same=same or [],
        choices={"country": countries(locale), "language": languages(locale)},
    )


@lru_cache
def countries(locale: Locale) -> dict[str, str]:
    """Return what countries are called, by code, in the order of their names."""
    named = {code: name for code, name in locale.territories.items() if _is_country(code)}
    return dict(sorted(named.items(), key=lambda one: one[1]))


def _is_country(code: str) -> bool:
    # CLDR has parts of the world and made-up ones beside countries.
    return len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES  # noqa: PLR2004  # as ISO


_NO_COUNTRIES: Final = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}


@lru_cache
def languages(locale: Locale) -> dict[str, str]:
    """Return what languages are called, by code, in the order of their names."""
    named = {code: str(locale.languages[code]) for code in _SPOKEN}
    return dict(sorted(named.items(), key=lambda one: one[1].casefold()))


@page(Role.STAFF)
async def choose(request: Request) -> Response:
    """Show the form that takes in a file."""
    return await within.show(request, "import.html", section="guests", taken=None)


@change(Role.STAFF)
async def take_in(request: Request) -> Response:
    """Take in a file, and show what became of its rows."""
    annex, _ = within.annex_of(request), translator(request)
    # What was sent is on the disk, and goes once it was read.
    async with request.form() as given:
        file: Any = given.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise ConfigurationError(_("Nothing was taken in: choose a file first."))
        taken = await files.take_in(annex, file.file, file.filename, request.state.user.name)
    annex.call()
    return await within.show(request, "import.html", section="guests", taken=taken)


@page(Role.STAFF)
async def rejects(request: Request) -> Response:
    """Hand over the rows that could not be taken, with the reason of each."""
    annex, uid = within.annex_of(request), request.path_params["uid"]

    def question(db: Db) -> files.Rejects | None:
        return files.rejects(db, annex, uid)

    found = await annex.read(question)
    if found is None:
        raise asking.lost()
    headers = {"content-disposition": f'attachment; filename="{_plain(found.name)}"'}
    return Response(found.content, media_type="text/csv; charset=utf-8", headers=headers)


def _plain(name: str) -> str:
    """Return a file's name as a header can say it."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)


_LONGER: Final = [Middleware(RequestBodyLimitMiddleware, max_body_size=_FILE)]

routes: Final = [
    Route("/{property}/guests/add", form, methods=["GET"], name="guest_add"),
    Route("/{property}/guests/add", add, methods=["POST"], name="guest_adding"),
    Route("/{property}/guests/import", choose, methods=["GET"], name="guest_import"),
    Route(
        "/{property}/guests/import",
        take_in,
        methods=["POST"],
        name="guest_importing",
        middleware=_LONGER,
    ),
    Route("/{property}/guests/rejects/{uid}", rejects, name="guest_rejects"),
]
