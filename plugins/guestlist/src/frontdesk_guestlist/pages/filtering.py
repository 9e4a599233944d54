"""What the form above the list says: filters, and what keeps them on the next page.

Days and flags may stand in an address; names and numbers of reservations never do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import attrs

from frontdesk.annex import Annex
from frontdesk.web.pages.frame import N_
from frontdesk_guestlist import changes, listing
from frontdesk_guestlist.listing import By, Filters, Sort, Span

#: Days from and to, by their names in the form; what each is called.
SPANS: Final = {
    "arrival": N_("Date Arrival"),
    "departure": N_("Date Departure"),
    "created": N_("Created date"),
    "updated": N_("Updated date"),
}
#: Whatever is none of these does not make it a filter: the order, and where the list goes on.
_FIELDS: Final = (
    *(f"{name}_{end}" for name in SPANS for end in ("from", "to")),
    "name",
    "number",
    "emailable",
    "checked_in",
)
#: What no address says.
_NEVER: Final = {"name", "number"}
USUAL: Final = Sort()
_FLAGS: Final[Mapping[str, bool | None]] = {"yes": True, "no": False}
_LENGTH: Final = 200
#: In others nobody stays, and some cannot be converted to another zone.
_YEARS: Final = range(1900, 2200)
NO_DAY: Final = N_("This is no day. Write it as 2026-07-31.")
BACKWARDS: Final = N_("The last day is before the first.")


@attrs.frozen(kw_only=True)
class Asked:
    """What somebody wants to see.

    Args:
        opened: Nobody chose anything: it is what the list shows at first.
        fields: What the form shows, by name.
        problems: What is wrong with it, by the name of the field; to be translated.
    """

    filters: Filters
    sort: Sort
    opened: bool
    fields: Mapping[str, str]
    problems: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @property
    def quiet(self) -> bool:
        """Whether an address may say it: neither name nor number is asked for."""
        return not (self.fields["name"] or self.fields["number"])

    def query(self) -> dict[str, str]:
        """Return what an address says of it."""
        chosen = {} if self.opened else self.fields
        quiet = {key: value for key, value in chosen.items() if key not in _NEVER}
        return {key: value for key, value in quiet.items() if value} | self.order()

    def order(self) -> dict[str, str]:
        """Return the order, where it is not the usual one."""
        return {} if self.sort == USUAL else {"sort": said(self.sort)}

    def hidden(self) -> dict[str, str]:
        """Return what another form says of it: an export, or the next part of a search."""
        return self.order() if self.opened else {**self.fields, **self.order()}


def said(sort: Sort) -> str:
    """Return an order as forms and addresses say it."""
    return f"-{sort.by}" if sort.descending else str(sort.by)


def read(given: Mapping[str, str], annex: Annex) -> Asked:
    """Read a form or the query of an address."""
    sort = _sort(given.get("sort", ""))
    if not any(given.get(name) for name in _FIELDS):
        return Asked(
            filters=listing.default(annex), sort=sort, opened=True, fields=_at_first(annex)
        )
    fields = {name: given.get(name, "").strip()[:_LENGTH] for name in _FIELDS}
    spans, problems = {}, dict[str, str]()
    for name in SPANS:
        spans[name] = _span(name, fields, problems)
    fields["emailable"] = "no" if fields["emailable"] == "no" else "yes"
    filters = Filters(
        **spans,
        name=fields["name"],
        number=fields["number"],
        emailable=fields["emailable"] == "yes",
        checked_in=_FLAGS.get(fields["checked_in"]),
    )
    return Asked(filters=filters, sort=sort, opened=False, fields=fields, problems=problems)


def _at_first(annex: Annex) -> dict[str, str]:
    """Return what the form offers who opens the list: arrivals of today."""
    day = changes.today(annex).isoformat()
    empty = dict.fromkeys(_FIELDS, "")
    return {**empty, "arrival_from": day, "arrival_to": day, "emailable": "yes"}


def _sort(text: str) -> Sort:
    try:
        return Sort(By(text.removeprefix("-")), descending=text.startswith("-"))
    except ValueError:
        return USUAL


def _span(name: str, fields: Mapping[str, str], problems: dict[str, str]) -> Span | None:
    ends = dict(_ends(name, fields, problems))
    if not any(ends.values()):
        return None
    first, last = ends[f"{name}_from"], ends[f"{name}_to"]
    if first and last and last < first:
        problems[f"{name}_to"] = BACKWARDS
    return Span(first, last)


def _ends(
    name: str, fields: Mapping[str, str], problems: dict[str, str]
) -> Iterator[tuple[str, date | None]]:
    for field in (f"{name}_from", f"{name}_to"):
        day = _day(fields[field])
        if fields[field] and day is None:
            problems[field] = NO_DAY
        yield field, day


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None
