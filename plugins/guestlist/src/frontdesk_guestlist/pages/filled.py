"""What somebody filled into a form of the staff: read field by field, with what is wrong of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

import attrs
from starlette.requests import Request

from frontdesk.web.pages.frame import translator
from frontdesk.web.pages.wording import language_of
from frontdesk_guestlist import wording

_T = TypeVar("_T")
#: Digits of the largest number anybody means.
_DIGITS: Final = 9
#: Characters of a text nobody said more of.
_LONG: Final = 20_000
_LARGEST: Final = Decimal(10) ** 9


@attrs.frozen
class Filled:
    """A form that was sent.

    What cannot be read is None, and *problems* says why, by the name of the field.
    """

    values: Mapping[str, str]
    translate: Callable[[str], str] = attrs.field(repr=False)
    problems: dict[str, str] = attrs.field(factory=dict[str, str])

    def text(self, name: str, *, most: int = _LONG, required: bool = False) -> str:
        """Return a text without the blanks around it, its lines ended as everywhere.

        Empty lines it begins with stay: what is wrong is told with the number of its line.
        """
        _ = self.translate
        found = self.values.get(name, "").replace("\r\n", "\n").replace("\r", "\n").rstrip()
        found = found.lstrip(" \t")
        if required and not found:
            self.wrong(name, _("Fill this in."))
        elif len(found) > most:
            said = _("This is too long: at most %(most)s characters.")
            self.wrong(name, said % {"most": most})
        elif "\0" in found:
            self.wrong(name, _("There is a character in it that no text has."))
        return found

    def choice(self, name: str, among: Collection[str]) -> str | None:
        """Return which of the choices was made."""
        _ = self.translate
        found = self.values.get(name, "")
        if found not in among:
            self.wrong(name, _("Choose one of those offered."))
            return None
        return found

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        _ = self.translate
        said = self.values.get(name, "").strip()
        there = said.isascii() and said.isdigit() and len(said) <= _DIGITS
        if not there or not least <= int(said) <= most:
            wanted = _("Give a whole number from %(least)s to %(most)s.")
            self.wrong(name, wanted % {"least": least, "most": most})
            return None
        return int(said)

    def amount(self, name: str) -> Decimal | None:
        """Return an amount of money; with a comma or a point, and none where nothing stands."""
        _ = self.translate
        said = self.values.get(name, "").strip().replace(",", ".")
        if not said:
            return None
        found = self._parsed(name, Decimal, said, _("Give a price such as 12 or 12.50."))
        if found is None or not found.is_finite() or not 0 <= found < _LARGEST:
            self.wrong(name, _("Give a price such as 12 or 12.50."))
            return None
        if found != round(found, 2):
            self.wrong(name, _("Give a price with at most two decimals."))
            return None
        return found

    def day(self, name: str) -> date | None:
        """Return a day, or none."""
        _ = self.translate
        wanted = _("Give a day that there is, as year-month-day: 2027-03-31.")
        return self._parsed(name, date.fromisoformat, self.values.get(name, "").strip(), wanted)

    def time(self, name: str) -> time | None:
        """Return a time of day, or none."""
        _ = self.translate
        wanted = _("Give a time of day, as hours and minutes: 10:00.")
        found = self._parsed(name, time.fromisoformat, self.values.get(name, "").strip(), wanted)
        return None if found is None else found.replace(second=0, microsecond=0, tzinfo=None)

    def ticked(self, name: str) -> bool:
        """Tell whether a box was ticked."""
        return bool(self.values.get(name))

    def lines(self, name: str) -> dict[str, int]:
        """Return what stands on the lines of a text, each once, with the line it stands on."""
        found: dict[str, int] = {}
        for number, line in enumerate(self.text(name).split("\n"), 1):
            if line.strip():
                found.setdefault(line.strip(), number)
        return found

    def wrong(self, name: str, why: str) -> None:
        """Say what is wrong with a field; the first reason stands."""
        self.problems.setdefault(name, why)

    def _parsed(self, name: str, parse: Callable[[str], _T], said: str, wanted: str) -> _T | None:
        if not said:
            return None
        try:
            return parse(said)
        except (ValueError, InvalidOperation):
            self.wrong(name, wanted)
            return None


async def filled(request: Request) -> Filled:
    """Return what was filled into the form a request sends; files are left out."""
    form = await request.form()
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    return Filled(values, translator(request))


def who(request: Request) -> str:
    """Return the name of the member of staff who asks."""
    name: str = request.state.user.name
    return name


def languages_of(request: Request, languages: Iterable[str]) -> dict[str, str]:
    """Return what languages are called in the reader's."""
    reader = wording.locale_of(language_of(request))
    return {one: wording.locale_of(one).get_display_name(reader) or one for one in languages}
