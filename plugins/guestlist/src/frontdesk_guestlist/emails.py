"""The e-mails that a property created: made, changed, switched on and off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import rules, templating, wording
from frontdesk_guestlist.rules import Kind, Phase, Rules
from frontdesk_guestlist.schema import email_texts, emails
from frontdesk_guestlist.templating import Problem, Text

#: Letters of a name.
LONGEST_NAME: Final = 100
_GONE: Final = "there is no such e-mail; somebody may have removed it"
#: Which kinds of e-mail there are in which part of a stay.
KINDS: Final[Mapping[Phase, tuple[Kind, ...]]] = {
    Phase.PRE_STAY: (Kind.UPSELL, Kind.CONFIRMATION, Kind.INFORMATION, Kind.CHECK_IN),
    Phase.DURING: (Kind.FEEDBACK, Kind.INFORMATION),
    Phase.POST_STAY: (Kind.FEEDBACK, Kind.INFORMATION),
}


@attrs.frozen(kw_only=True)
class Email:
    """An e-mail that the property created.

    Args:
        id: 0 of one that is not saved yet.
        service: It is part of the stay, and goes also to who unsubscribed elsewhere.
        listed_since: Only to guests who came into the list since; None: to all that match.
        texts: By language.
    """

    id: int = 0
    name: str
    kind: Kind
    phase: Phase
    service: bool = False
    active: bool = False
    activated: datetime | None = None
    listed_since: datetime | None = None
    rules: Rules = attrs.field(factory=Rules)
    texts: Mapping[str, Text]
    updated: datetime | None = None


def all_(db: Db, annex: Annex) -> list[Email]:
    """Return the property's e-mails, in the order of a stay and by name."""
    asked = select(emails).where(_own(annex)).order_by(emails.c.name)
    found = _read(db, list(db.execute(asked)))
    return sorted(found, key=lambda email: list(Phase).index(email.phase))


def get(db: Db, annex: Annex, id: int) -> Email | None:
    """Return an e-mail, if the property has it."""
    rows = list(db.execute(select(emails).where(_own(annex), emails.c.id == id)))
    return _read(db, rows)[0] if rows else None


def save(db: Db, annex: Annex, email: Email, who: str) -> int:
    """Make an e-mail, or change the one with its id; return its id.

    Whether it is active stays as it is: a new one is off.

    Raises:
        ConfigurationError: A template does not work, a rule makes no sense, or another e-mail
            has the name. It names field, language and line.
    """
    _refuse(email)
    name = email.name.strip()
    taken = select(emails.c.id).where(
        emails.c.property == annex.settings.property, emails.c.name == name
    )
    if db.execute(taken.where(emails.c.id != email.id)).first():
        raise ConfigurationError(f"name: there is an e-mail {name!r} already; choose another name")
    now = annex.clock.now()
    row = {
        "name": name,
        "kind": email.kind.value,
        "phase": email.phase.value,
        "service": email.service,
        "rules": rules.encode(email.rules),
        "updated": now,
    }
    if email.id:
        _change(db, annex, email.id, **row)
        id = email.id
    else:
        new = {"property": annex.settings.property, "created": now, "active": False}
        id = db.execute(insert(emails).values(row | new).returning(emails.c.id)).scalar_one()
    db.execute(delete(email_texts).where(email_texts.c.email_id == id))
    written = [
        {"email_id": id, "language": language, "subject": text.subject.strip(), "body": text.body}
        for language, text in email.texts.items()
    ]
    db.execute(insert(email_texts), written)
    annex.note(db, who, "guestlist email save", email=id)
    return id


def activate(db: Db, annex: Annex, id: int, who: str, *, existing: bool = False) -> None:
    """Switch an e-mail on.

    Args:
        existing: For reservations that are there already, too; by default only for those
            that are made and come into the list from now on.

    Raises:
        ConfigurationError: There is no such e-mail, or it has a fault.
    """
    found = get(db, annex, id)
    if found is None:
        raise ConfigurationError(_GONE)
    _refuse(found)
    now = annex.clock.now()
    since = None if existing else now
    _change(db, annex, id, active=True, activated=now, listed_since=since)
    annex.note(db, who, "guestlist email on", email=id, existing=existing)


def deactivate(db: Db, annex: Annex, id: int, who: str) -> None:
    """Switch an e-mail off; what waits to be sent of it is not sent."""
    _change(db, annex, id, active=False)
    annex.note(db, who, "guestlist email off", email=id)


def remove(db: Db, annex: Annex, id: int, who: str) -> None:
    """Remove an e-mail. What was sent of it still shows in guests' e-mails."""
    found = get(db, annex, id)
    if found is None:
        raise ConfigurationError(_GONE)
    # Another may have its name; the number keeps it from being taken.
    name, now = f"{found.name} (removed, {id})", annex.clock.now()
    _change(db, annex, id, active=False, removed=now, name=name)
    annex.note(db, who, "guestlist email remove", email=id)


def problems(email: Email) -> list[Problem]:
    """Return all that is wrong with an e-mail; texts are named like ``body (fr)``."""
    found = rules.problems(email.rules)
    if not 0 < len(email.name.strip()) <= LONGEST_NAME:
        found.append(Problem("name", 0, f"must have 1 to {LONGEST_NAME} letters"))
    if email.kind not in KINDS[email.phase]:
        there = ", ".join(KINDS[email.phase])
        found.append(Problem("kind", 0, f"of {email.phase.value} must be one of: {there}"))
    if not email.texts:
        found.append(Problem("texts", 0, "there is none; write one in at least one language"))
    for language, text in email.texts.items():
        if not wording.is_language(language):
            found.append(Problem("language", 0, f"{language!r} is none; write it like fr or fr-CA"))
        found += [
            Problem(f"{problem.where} ({language})", problem.line, problem.message)
            for problem in templating.check(text.subject, text.body)
        ]
    return found


def _refuse(email: Email) -> None:
    found = problems(email)
    if found:
        raise ConfigurationError("; ".join(map(_told, found)))


def _told(problem: Problem) -> str:
    line = f", line {problem.line}" if problem.line else ""
    return f"{problem.where}{line}: {problem.message}"


def _own(annex: Annex) -> ColumnElement[bool]:
    return and_(emails.c.property == annex.settings.property, emails.c.removed.is_(None))


def _change(db: Db, annex: Annex, id: int, **row: Any) -> None:
    changed = update(emails).where(_own(annex), emails.c.id == id).values(row)
    if db.execute(changed).rowcount != 1:
        raise ConfigurationError(_GONE)


def _read(db: Db, rows: Sequence[Any]) -> list[Email]:
    asked = select(email_texts).where(email_texts.c.email_id.in_([row.id for row in rows]))
    texts: defaultdict[int, dict[str, Text]] = defaultdict(dict)
    for row in db.execute(asked.order_by(email_texts.c.language)):
        texts[row.email_id][row.language] = Text(row.subject, row.body)
    return [
        Email(
            id=row.id,
            name=row.name,
            kind=Kind(row.kind),
            phase=Phase(row.phase),
            service=row.service,
            active=row.active,
            activated=row.activated,
            listed_since=row.listed_since,
            rules=rules.decode(row.rules),
            texts=texts[row.id],
            updated=row.updated,
        )
        for row in rows
    ]
