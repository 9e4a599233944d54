"""The editor of an e-mail: its words in each language, when it goes out, and to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk.people import Role
from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import back, change, page, translator
from frontdesk_guestlist import emails as emailing
from frontdesk_guestlist import exclusions, expressions, schedule, templating
from frontdesk_guestlist import values as values_known
from frontdesk_guestlist.emails import KINDS, Email
from frontdesk_guestlist.exclusions import Exclusion
from frontdesk_guestlist.pages import emailform, within
from frontdesk_guestlist.pages.emailform import Draft
from frontdesk_guestlist.pages.emails import DAYS, found_in
from frontdesk_guestlist.pages.filled import Filled, filled, languages_of, who
from frontdesk_guestlist.pages.looking import within_page
from frontdesk_guestlist.rules import Criterion
from frontdesk_guestlist.templating import Rendered

_SECTION: Final = "emails"
#: What an e-mail of its own leaves out; the other kinds are for all e-mails only.
_OWN: Final = (exclusions.Kind.ADDRESS, exclusions.Kind.DOMAIN)


class _WrongError(ConfigurationError):
    """Something that was filled in cannot be saved.

    Args:
        field: Which field it stands in.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


@attrs.frozen
class Look:
    """What an e-mail that is not saved is like.

    Args:
        rendered: In each of its languages.
        fault: Why it cannot be shown.
        count: How many guests it is meant for.
    """

    rendered: Sequence[Rendered]
    fault: str
    count: int


@page(Role.STAFF)
async def new(request: Request) -> Response:
    """Ask what kind of e-mail is to be made; if that was said, show its editor."""
    asked = request.query_params.get("kind", "")
    if asked:
        email = _empty(request, asked)
        return await _editor(request, email, emailform.values_of(email), {})
    return await within.show(
        request,
        "email_new.html",
        section=_SECTION,
        kinds=KINDS,
        phases=emailform.PHASES,
        said=emailform.KINDS_SAID,
    )


@page(Role.STAFF)
async def edit(request: Request) -> Response:
    """Show the editor of an e-mail."""
    annex = within.annex_of(request)

    def ask(db: Connection) -> tuple[Email, list[Exclusion]]:
        email = found_in(db, request)
        return email, exclusions.listed(db, annex, email.id)

    email, listed = await annex.read(ask)
    excluded = [_written(one) for one in listed if one.kind in _OWN]
    return await _editor(request, email, emailform.values_of(email, excluded), {})


@change(Role.STAFF)
async def save(request: Request) -> Response:
    """Save what was filled in; or look at it, or make room for more."""
    form, annex = await filled(request), within.annex_of(request)
    do = form.values.get("do", "save")
    if "id" in request.path_params:
        email = await annex.read(lambda db: found_in(db, request))
    else:
        email = _empty(request, form.values.get("kind", ""))
    changed = emailform.rearranged(form.values, do)
    if changed is not None:
        return await _editor(request, email, changed, {})
    draft = emailform.read(form, email)
    if form.problems:
        return await _editor(request, email, form.values, form.problems)
    if do == "look":
        return await _editor(request, email, form.values, {}, await _look(annex, draft.email))
    return await _saved(request, draft, form)


async def _saved(request: Request, draft: Draft, form: Filled) -> Response:
    _, annex, by = translator(request), within.annex_of(request), who(request)
    seen = form.values.get("seen", "")
    try:
        id = await annex.write(lambda db: _save(db, annex, draft, seen, by))
    except ConfigurationError as error:
        form.wrong(*_told(error))
        return await _editor(request, draft.email, form.values, form.problems)
    annex.call()
    on = _("Saved. It is on: whoever gets it from now on reads this.")
    off = _("Saved. It is off: it goes to nobody until you switch it on.")
    said = on if draft.email.active else off
    return back(request, said, to=within.path(request, "email", id=id))


def _told(error: ConfigurationError) -> tuple[str, str]:
    """Return the field an error speaks of, as far as it says so, and what it says of it."""
    field, _, why = str(error).partition(": ")
    if isinstance(error, _WrongError):
        return error.field, str(error)
    return (field, why) if field in emailform.LABELS else ("", str(error))


def _save(db: Connection, annex: Annex, draft: Draft, seen: str, by: str) -> int:
    email = draft.email
    before = emailing.get(db, annex, email.id) if email.id else None
    if before is not None and before.updated and before.updated.isoformat() != seen:
        raise _WrongError(
            "",
            "somebody else changed this e-mail while you did; open it in another window, and "
            "put what you changed into it",
        )
    id = emailing.save(db, annex, email, by)
    kept = {_excluded(db, annex, id, by, one) for one in draft.excluded.items()}
    for one in exclusions.listed(db, annex, id):
        if one.kind in _OWN and one.id not in kept:
            exclusions.remove(db, annex, one.id, by)
    return id


def _excluded(db: Connection, annex: Annex, id: int, by: str, said: tuple[str, int]) -> int:
    """Exclude an address or a domain from an e-mail; return the exclusion's id."""
    value, line = said
    address = "@" in value.removeprefix("@")
    kind = exclusions.Kind.ADDRESS if address else exclusions.Kind.DOMAIN
    try:
        return exclusions.add(db, annex, kind, value, by, email_id=id)
    except ConfigurationError as error:
        raise _WrongError("excluded", f"line {line}: {error}") from None


def _written(one: Exclusion) -> str:
    return f"@{one.value}" if one.kind is exclusions.Kind.DOMAIN else one.value


async def _look(annex: Annex, email: Email) -> Look:
    """Return how an e-mail looks to a made-up guest in each of its languages."""
    key, count = await annex.key(), await annex.read(lambda db: _count(db, annex, email))
    try:
        made = [
            templating.render_text(
                annex, key, text, templating.sample(annex, one), one, preview=True
            )
            for one, text in email.texts.items()
        ]
    except ConfigurationError as error:
        return Look((), str(error), count)
    return Look([within_page(one) for one in made], "", count)


def _count(db: Connection, annex: Annex, email: Email) -> int:
    return schedule.count(db, annex, email, DAYS)


def _empty(request: Request, asked: str) -> Email:
    meant = emailform.kind_of(asked)
    if meant is None:
        raise asking.lost()
    language = within.annex_of(request).settings.language
    return emailform.empty(*meant, language if language in emailform.LANGUAGES else "en")


async def _editor(
    request: Request,
    email: Email,
    values: Mapping[str, str],
    problems: Mapping[str, str],
    look: Look | None = None,
) -> Response:
    annex = within.annex_of(request)

    def ask(db: Connection) -> dict[Criterion, list[str]]:
        return {one: schedule.values(db, annex, one) for one in Criterion}

    languages = emailform.languages_in(values)
    return await within.show(
        request,
        "email_edit.html",
        section=_SECTION,
        status=422 if problems else 200,
        email=email,
        values={"criterion": "", **values},
        problems=problems,
        look=look,
        days=DAYS,
        known=await annex.read(ask),
        uses=emailform.uses(email),
        rows=range(emailform.rows_in(values)),
        labels=_labels(request, values),
        languages=languages_of(request, languages),
        others=languages_of(request, (one for one in emailform.LANGUAGES if one not in languages)),
        variables=values_known.VARIABLES,
        filters=expressions.FILTERS,
        **_words(request),
    )


def _words(request: Request) -> dict[str, Any]:
    _ = translator(request)
    return {
        "kinds": emailform.KINDS_SAID,
        "phases": emailform.PHASES,
        "confirmations": [(one.value, _(label)) for one, label in emailform.ON.items()],
        "criteria": [(one.value, _(label)) for one, label in emailform.CRITERIA.items()],
        "sides": [("yes", _("only these")), ("no", _("not these"))],
    }


def _labels(request: Request, values: Mapping[str, str]) -> dict[str, str]:
    """Return what the fields of a form are called, for the list of what is wrong."""
    _ = translator(request)
    found = {name: _(label) for name, label in emailform.LABELS.items()}
    for language, name in languages_of(request, emailform.languages_in(values)).items():
        found[f"subject-{language}"] = _("Subject, %(language)s") % {"language": name}
        found[f"body-{language}"] = _("Text, %(language)s") % {"language": name}
    for row in range(emailform.rows_in(values)):
        for field in ("criterion", "include", "values"):
            found[f"{field}-{row}"] = _("Condition %(number)s") % {"number": row + 1}
    return found


routes: Final = [
    Route("/{property}/emails/new", new, name="email_new"),
    Route("/{property}/emails/new", save, methods=["POST"], name="email_make"),
    Route("/{property}/emails/{id:int}/edit", edit, name="email_edit"),
    Route("/{property}/emails/{id:int}/edit", save, methods=["POST"], name="email_save"),
]
