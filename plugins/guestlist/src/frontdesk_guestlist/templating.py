"""What an e-mail says: a subject and a text with places for what is known of the guest.

A template can name values, choose between texts and write values in another way. It cannot
loop, call or reach anything else: what staff write does no harm, however it is written.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

import attrs
from jinja2 import Template, TemplateError
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import expressions, links, wording
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.values import (
    KNOWN,
    SAMPLE,
    UNKNOWN,
    GuestValues,
    LinkValues,
    PropertyValues,
    Values,
)
from frontdesk_guestlist.wording import N_

if TYPE_CHECKING:
    from frontdesk_guestlist.emails import Email

#: Letters of a subject, more than any program shows.
LONGEST_SUBJECT: Final = 200
UNSUBSCRIBE: Final = N_("Unsubscribe from all e-mails")
#: HTML stays text, and a link leads where a browser may follow it.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "breaks": True})
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
#: A link between angles is read as it stands, without the guard against marks in it.
_ANGLES: Final = re.compile(r"<\s*\{\{[^}]*\}\}")
_PAGE: Final = (
    '<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width">\n<title>{subject}</title>\n</head>\n'
    '<body style="margin: 0 auto; max-width: 40em; padding: 1em; font: 16px/1.5 sans-serif">\n'
    "{content}</body>\n</html>\n"
)


@attrs.frozen
class Text:
    """An e-mail's words in one language: a subject, and a body in Markdown."""

    subject: str
    body: str


@attrs.frozen
class Problem:
    """What is wrong with a template or a rule.

    Args:
        where: The field: ``subject``, ``body``, or a rule's name.
        line: In that field, from 1; 0 where it has none.
    """

    where: str
    line: int
    message: str


@attrs.frozen(kw_only=True, repr=False)
class Rendered:
    """An e-mail as it is sent.

    Args:
        text: For programs that show text only: the Markdown with its values.
        html: The whole page.
        content: What stands in that page, to be shown within another one; it is safe there.
        unsubscribe: Where the link to unsubscribe leads.
    """

    language: str
    subject: str
    text: str
    html: str
    content: Markup
    unsubscribe: str


def check(subject: str, body: str) -> list[Problem]:
    """Return what is wrong with a template; nothing, if it can be sent."""
    found: list[Problem] = []
    for where, source in (("subject", subject), ("body", body)):
        faults = [Problem(where, f.line, f.message) for f in expressions.faults(source, KNOWN)]
        found += faults or _tried(where, source)
    if not subject.strip():
        found.append(Problem("subject", 0, "there is none; write one"))
    if "\n" in subject.strip() or "\r" in subject.strip():
        found.append(Problem("subject", 0, "it must be one line"))
    found += [
        Problem("body", number, "write [text]({{ links.concierge }}) for a link, without < >")
        for number, line in enumerate(body.splitlines(), 1)
        if _ANGLES.search(line)
    ]
    return found


def _tried(where: str, source: str) -> list[Problem]:
    """Return what is wrong with a template as it is run."""
    try:
        for values in (SAMPLE, UNKNOWN):
            expressions.run(_compiled(source, "en", where == "body"), values.named())
    except TemplateError as error:
        return [Problem(where, 0, error.message or "it does not work")]
    return []


def render(
    annex: Annex,
    key: bytes,
    email: Email,
    guest: Guest,
    language: str = "",
    *,
    mail: str = "",
    preview: bool = False,
) -> Rendered:
    """Return an e-mail as a guest gets it.

    Args:
        key: What links are signed with: ``await annex.key()``.
        language: The guest's unless given; the best of the e-mail's is taken.
        mail: The uid of what is sent; links name it.
        preview: Links show what they lead to, and do nothing.

    Raises:
        ConfigurationError: The template does not work, or nobody said how guests reach pages.
    """
    asked = language or guest.language
    chosen = wording.choose(email.texts, asked, annex.settings.language)
    if chosen not in email.texts:
        raise ConfigurationError(f"the e-mail {email.name!r} has no text; write one")
    # Of one language, the guest's own way to write days.
    same = wording.is_language(asked) and wording.base(asked) == wording.base(chosen)
    spoken = asked if same else chosen
    text = email.texts[chosen]
    return render_text(annex, key, text, guest, spoken, mail=mail, preview=preview)


def render_text(
    annex: Annex,
    key: bytes,
    text: Text,
    guest: Guest,
    language: str,
    *,
    mail: str = "",
    preview: bool = False,
) -> Rendered:
    """Return a text as a guest gets it, before it is saved as well; see :func:`render`."""
    values = values_of(annex, key, guest, mail=mail, preview=preview)
    named, leave = values.named(), values.links.unsubscribe
    try:
        subject = expressions.run(_compiled(text.subject, language, False), named)
        said = expressions.run(_compiled(text.body, language, False), named)
        marked = expressions.run(_compiled(text.body, language, True), named)
    except TemplateError as error:
        raise ConfigurationError(f"the template does not work: {error.message}") from None
    subject = expressions.plain(subject)[:LONGEST_SUBJECT] or annex.settings.title
    content = _MARKDOWN.render(marked)
    label = wording.translator(wording.language_of(language, annex.settings.language))(UNSUBSCRIBE)
    if leave not in said:
        said = f"{said.rstrip()}\n\n{label}: {leave}\n"
    if f'href="{escape(leave)}"' not in content:
        content += f'<hr>\n<p><a href="{escape(leave)}">{escape(label)}</a></p>\n'
    page = _PAGE.format(language=escape(language), subject=escape(subject), content=content)
    return Rendered(
        language=language,
        subject=subject,
        text=said,
        html=page,
        # Markdown's renderer escaped what it was given.
        content=Markup(content),  # noqa: S704
        unsubscribe=leave,
    )


def values_of(
    annex: Annex, key: bytes, guest: Guest, *, mail: str = "", preview: bool = False
) -> Values:
    """Return what a template knows when it is sent to a guest."""
    to = links.guest_links(key, annex, guest, mail=mail, preview=preview)
    return Values(
        guest=GuestValues.of(guest),
        property=PropertyValues(title=annex.settings.title),
        links=LinkValues(**{purpose.name.lower(): url for purpose, url in to.items()}),
    )


def sample(annex: Annex, language: str = "") -> Guest:
    """Return a made-up guest to show templates with; it stands in no list."""
    now, fields = annex.clock.now(), attrs.fields_dict(Guest)
    told: dict[str, Any] = {n: "" if f.type in {"str", str} else None for n, f in fields.items()}
    told |= {name: getattr(SAMPLE.guest, name) for name in attrs.fields_dict(GuestValues)}
    told |= {"id": 0, "uid": "sample", "profile": "sample", "origin": "form"}
    told |= {"language": language or annex.settings.language, "status": "confirmed"}
    told |= {"email": "guest@example.com", "address": "guest@example.com"}
    told |= {"checked_in": False, "emailable": True}
    told |= {"created": now, "updated": now, "listed": now}
    del told["name"]
    return Guest(**told)


@lru_cache(maxsize=256)
def _compiled(source: str, language: str, escaped: bool) -> Template:
    write = partial(_written, language, escaped)
    return expressions.compiled(source, write, partial(_date, language), KNOWN)


def _written(language: str, escaped: bool, value: Any) -> str:
    text = expressions.plain(_date(language, value) if isinstance(value, date) else value)
    # No value of a guest's is ever taken for a mark of Markdown, or of HTML.
    return _PUNCTUATION.sub(r"\\\1", text) if escaped else text


def _date(language: str, value: Any, style: str = "full") -> str:
    if style not in {"full", "long", "medium", "short"}:
        raise TemplateError("date is one of: full, long, medium, short")
    if value is not None and not isinstance(value, date):
        raise TemplateError("date is for guest.arrival and guest.departure")
    return wording.day(language, value, style)
