"""The form of an e-mail: what stands in it at first, and what it says once it was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from frontdesk.web.pages.frame import N_
from frontdesk_guestlist import rules as ruling
from frontdesk_guestlist import templating, wording
from frontdesk_guestlist.emails import KINDS, Email
from frontdesk_guestlist.pages.filled import Filled
from frontdesk_guestlist.rules import Criterion, Kind, On, Phase, Rules, Segment
from frontdesk_guestlist.templating import Text

PHASES: Final = {
    Phase.PRE_STAY: N_("Before the stay"),
    Phase.DURING: N_("During the stay"),
    Phase.POST_STAY: N_("After the stay"),
}
KINDS_SAID: Final = {
    Kind.UPSELL: N_("Offers"),
    Kind.CONFIRMATION: N_("Confirmation"),
    Kind.INFORMATION: N_("Information"),
    Kind.CHECK_IN: N_("Check-in form"),
    Kind.FEEDBACK: N_("Feedback"),
}
ON: Final = {
    On.CREATED: N_("when a reservation is made"),
    On.MODIFIED: N_("when a reservation is changed"),
}
CRITERIA: Final = {
    Criterion.NIGHTS: N_("Number of nights"),
    Criterion.LANGUAGE: N_("Language"),
    Criterion.COUNTRY: N_("Country"),
    Criterion.CHANNEL: N_("Channel"),
    Criterion.ROOM_TYPE: N_("Room type"),
}
#: What texts can be written in; days and numbers are written as each does.
LANGUAGES: Final = (
    *("en", "fr", "de", "es", "it", "nl", "pt", "ca", "da", "sv", "nb", "fi", "pl", "cs", "sk"),
    *("hu", "ro", "hr", "sl", "el", "tr", "uk", "ru", "ja", "ko", "zh", "ar", "he"),
)
#: What fields are called where something is wrong with them.
LABELS: Final = {
    "name": N_("Name"),
    "at": N_("Time of day"),
    "earliest": N_("Days before arrival, at the earliest"),
    "latest": N_("Days before arrival, at the latest"),
    "on": N_("Sent"),
    "min_nights": N_("Nights of the stay, at least"),
    "day_of_stay": N_("Day of the stay"),
    "days_after": N_("Days after departure"),
    "active_from": N_("First day it is sent"),
    "active_until": N_("Last day it is sent"),
    "created_from": N_("Only reservations made since"),
    "excluded": N_("Addresses and domains that do not get it"),
}
_DAYS: Final = 30
_STAY: Final = 365
_NAME: Final = 100
_SUBJECT: Final = 500
_SEGMENTS: Final = 20


@attrs.frozen
class Draft:
    """What was filled in: the e-mail as far as it can be read, and who does not get it.

    Args:
        excluded: Addresses and domains, each with its line.
    """

    email: Email
    excluded: Mapping[str, int]


def empty(phase: Phase, kind: Kind, language: str) -> Email:
    """Return an e-mail to begin with."""
    return Email(name="", kind=kind, phase=phase, texts={language: Text("", "")})


def kind_of(asked: str) -> tuple[Phase, Kind] | None:
    """Return which kind of e-mail ``pre-stay:upsell`` means, if it means one."""
    return {f"{phase}:{kind}": (phase, kind) for phase in KINDS for kind in KINDS[phase]}.get(asked)


def values_of(email: Email, excluded: Sequence[str] = ()) -> dict[str, str]:
    """Return what stands in the form of an e-mail."""
    rules = email.rules
    values = {
        "name": email.name,
        "service": _tick(email.service),
        "at": f"{rules.at:%H:%M}",
        "instantly": _tick(rules.instantly),
        "on": rules.on.value,
        "excluded": "\n".join(excluded),
        "languages": ",".join(email.texts),
        "segments": str(len(rules.segments)),
        "seen": email.updated.isoformat() if email.updated else "",
    }
    for name in ("earliest", "latest", "min_nights", "day_of_stay", "days_after"):
        values[name] = str(getattr(rules, name))
    for name in ("active_from", "active_until", "created_from"):
        day = getattr(rules, name)
        values[name] = day.isoformat() if day else ""
    for language, text in email.texts.items():
        values |= {f"subject-{language}": text.subject, f"body-{language}": text.body}
    for number, one in enumerate(rules.segments):
        values |= {
            f"criterion-{number}": one.criterion.value,
            f"include-{number}": "yes" if one.include else "no",
            f"values-{number}": "\n".join(one.values),
        }
    return values


def languages_in(values: Mapping[str, str]) -> list[str]:
    """Return the languages a form has texts in."""
    asked = values.get("languages", "").split(",")
    return [one for one in dict.fromkeys(asked) if wording.is_language(one)][: len(LANGUAGES)]


def rows_in(values: Mapping[str, str]) -> int:
    """Return how many segments a form has room for."""
    said = values.get("segments", "")
    number = int(said) if said.isascii() and said.isdigit() and len(said) <= 2 else 0  # noqa: PLR2004  # digits
    return min(number, _SEGMENTS)


def rearranged(values: Mapping[str, str], do: str) -> dict[str, str] | None:
    """Return a form's values after a button that only changes the form; None for others."""
    changed, languages = dict(values), languages_in(values)
    if do == "add-language":
        changed["languages"] = ",".join([*languages, values.get("language", "")])
    elif do.startswith("drop-"):
        left = [one for one in languages if one != do.removeprefix("drop-")]
        changed["languages"] = ",".join(left or languages)
    elif do == "add-segment":
        changed["segments"] = str(rows_in(values) + 1)
    else:
        return None
    return changed


def read(form: Filled, email: Email) -> Draft:
    """Return what was filled in; what is wrong is in the form's problems.

    Only what the phase and kind of *email* have is read.
    """
    made = attrs.evolve(
        email,
        name=form.text("name", most=_NAME, required=True),
        service=form.ticked("service"),
        rules=_rules(form, email),
        texts=_texts(form),
    )
    return Draft(made, form.lines("excluded"))


def uses(email: Email) -> frozenset[str]:
    """Return the rules that an e-mail of this phase and kind has."""
    if email.kind is Kind.CONFIRMATION:
        return frozenset({"on"})
    own = {
        Phase.PRE_STAY: {"earliest", "latest", "instantly"},
        Phase.DURING: {"min_nights", "day_of_stay"},
        Phase.POST_STAY: {"days_after"},
    }
    return frozenset({"at"} | own[email.phase])


def _rules(form: Filled, email: Email) -> Rules:
    bounds = {
        "earliest": (0, _DAYS),
        "latest": (0, _DAYS),
        "min_nights": (1, _STAY),
        "day_of_stay": (1, _STAY),
        "days_after": (0, _STAY),
    }
    _, used, found = form.translate, uses(email), dict[str, Any]()
    for name in used & bounds.keys():
        found[name] = form.whole(name, *bounds[name])
    for name in ("active_from", "active_until", "created_from"):
        found[name] = form.day(name)
    if "at" in used:
        found["at"] = form.time("at")
        if found["at"] is None:
            form.wrong("at", _("Fill this in."))
    if "on" in used:
        found["on"] = On(form.choice("on", list(On)) or On.CREATED)
    if "instantly" in used:
        found["instantly"] = form.ticked("instantly")
    found["segments"] = _segments(form)
    days = ("active_from", "active_until", "created_from")
    read = {name: value for name, value in found.items() if value is not None or name in days}
    made: Rules = attrs.evolve(email.rules, **read)
    if made.latest > made.earliest:
        form.wrong("latest", _("This must not be more days than at the earliest."))
    if made.active_from and made.active_until and made.active_until < made.active_from:
        form.wrong("active_until", _("This must not be before the first day."))
    for problem in ruling.problems(made):
        form.wrong(_field(form, problem.where), problem.message)
    return made


def _field(form: Filled, where: str) -> str:
    """Return the field a rule's problem belongs to; segments are named by their criterion."""
    rows = range(rows_in(form.values))
    criterion = where.removeprefix("segments.")
    found = (n for n in rows if form.values.get(f"criterion-{n}") == criterion)
    return where if criterion == where else f"values-{next(found, 0)}"


def _segments(form: Filled) -> tuple[Segment, ...]:
    found: list[Segment] = []
    for number in range(rows_in(form.values)):
        values = tuple(form.lines(f"values-{number}"))
        if values:
            criterion = form.choice(f"criterion-{number}", list(Criterion))
            include = form.choice(f"include-{number}", ("yes", "no"))
            if criterion is not None:
                found.append(
                    Segment(criterion=Criterion(criterion), include=include != "no", values=values)
                )
    return tuple(found)


def _texts(form: Filled) -> dict[str, Text]:
    _, texts = form.translate, dict[str, Text]()
    for language in languages_in(form.values):
        subject = form.text(f"subject-{language}", most=_SUBJECT, required=True)
        body = form.text(f"body-{language}", required=True)
        texts[language] = Text(subject, body)
        for problem in templating.check(subject, body):
            said = _("line %(line)s: %(what)s") if problem.line else "%(what)s"
            what = {"line": problem.line, "what": problem.message}
            form.wrong(f"{problem.where}-{language}", said % what)
    return texts


def _tick(value: bool) -> str:
    return "yes" if value else ""
