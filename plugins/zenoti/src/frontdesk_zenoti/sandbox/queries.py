"""What a request asks for: its page, its dates, its switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qs

import attrs
import msgspec

from frontdesk_zenoti.sandbox.faults import CircularPages, Fault, StuckPage
from frontdesk_zenoti.sandbox.options import Options
from frontdesk_zenoti.sandbox.refusal import Refusal, bad, business
from frontdesk_zenoti.sandbox.rows import Center, Guest
from frontdesk_zenoti.sandbox.times import midnight, read_day
from frontdesk_zenoti.sandbox.world import World

T = TypeVar("T")
MOST: Final = 100
_SIZE: Final = 10
_DAY: Final = 86_400


@attrs.define
class Page:
    """An answer on its way out; faults may still spoil it.

    Args:
        key: Where the rows are; None: the answer is the bare list.
        single: The answer is its only row.
    """

    key: str | None
    rows: list[Any]
    extras: dict[str, Any] = attrs.field(factory=dict[str, Any])
    single: bool = False

    def body(self) -> Any:
        """Give the answer as it goes out."""
        if self.single:
            row = self.rows[0]
            return {self.key: row, **self.extras} if self.key else {**row, **self.extras}
        return self.rows if self.key is None else {self.key: self.rows, **self.extras}


@attrs.frozen(kw_only=True)
class Call:
    """A request whose sender is known."""

    world: World
    options: Options
    path: Mapping[str, str]
    query: bytes = b""
    body: bytes = attrs.field(default=b"", repr=False)
    faults: Sequence[Fault] = ()

    @cached_property
    def asked(self) -> dict[str, list[str]]:
        """Read the query; Zenoti does not mind how letters are written."""
        found = parse_qs(self.query.decode(), keep_blank_values=True)
        return {name.lower(): values for name, values in found.items()}

    def text(self, name: str) -> str:
        """Read a parameter; what is left out is empty."""
        return self.asked.get(name, [""])[0].strip()

    def flag(self, name: str) -> bool:
        """Read a switch."""
        return self.text(name).lower() in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        """Read a whole number that is not negative."""
        given = self.text(name)
        if not given:
            return default
        if not given.isdecimal():
            raise bad(f"invalid {name}.")
        return int(given)

    def expands(self, name: str) -> bool:
        """Say whether a part of the answer is wanted that is left out otherwise."""
        wanted = {value.lower() for value in self.asked.get("expand", ())}
        return name.lower() in wanted

    def day(self, name: str) -> date | None:
        """Read a date."""
        given = self.text(name)
        return read_day(given, name) if given else None

    @cached_property
    def json(self) -> dict[str, Any]:
        """Read the body."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except msgspec.DecodeError:
            raise bad("The request is invalid.") from None

    def center(self, identity: str) -> Center:
        """Find a center."""
        number = self.world.center_numbers.get(identity.lower())
        if number is None:
            raise business(502, "invalid center_id.")
        return self.world.centers[number]

    def guest(self) -> tuple[int, Guest]:
        """Find the guest whom the path names, unless deleted."""
        number = self.world.guests.numbers.get(self.path["guest"].lower())
        if number is None or self.world.guests.rows[number].deleted:
            raise business(505, "invalid guest_id.")
        return number, self.world.guests.rows[number]


def paged(
    call: Call,
    key: str,
    found: Sequence[T],
    row: Callable[[T], Any],
    *,
    names: tuple[str, str] = ("page", "size"),
    first: int = 1,
    info: str = "page_info",
) -> Page:
    """Answer one page of what was found."""
    page = call.number(names[0], first)
    size = call.number(names[1], _SIZE)
    if size > MOST:
        message = f"You cannot request more than {MOST} items."
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, message, shape="flat")
    size = max(1, size)
    start = _start(call.faults, max(0, page - first) * size, len(found))
    rows = [row(one) for one in found[start : start + size]]
    total = len(found) if call.options.totals == "true" else len(found) // 2
    told = {"total": total, "page": page, "size": size}
    return Page(key, rows, {info: told})


def _start(faults: Iterable[Fault], start: int, total: int) -> int:
    for fault in faults:
        if isinstance(fault, StuckPage):
            return 0
        if isinstance(fault, CircularPages) and total:
            return start % total
    return start


def one(row: dict[str, Any], key: str | None = None) -> Page:
    """Answer one thing, with the null error that says that all is well."""
    return Page(key, [row], {"error": None}, single=True)


def days(call: Call, center: Center) -> tuple[float, float]:
    """Read two dates that both belong to the interval; either may be left out."""
    start, end = call.day("start_date"), call.day("end_date")
    low = float("-inf") if start is None else midnight(start, center.zone)
    high = float("inf") if end is None else midnight(end, center.zone) + _DAY
    return low, high


def span(call: Call, center: Center) -> tuple[int, int]:
    """Read a report's dates, which both belong to it, on the wall of a center."""
    start, end = (_moment(call.json.get(name), name) for name in ("start_date", "end_date"))
    if end < start:
        raise bad("start_date must not be after end_date.")
    longest = call.options.report_days
    if longest is not None and end - start > timedelta(days=longest):
        raise bad(f"You cannot request more than {longest} days.")
    low, high = (int(at.replace(tzinfo=center.zone).timestamp()) for at in (start, end))
    return low, high + 1


def _moment(given: object, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(cast("str", given))
    except (TypeError, ValueError):
        raise bad(f"invalid {name}.") from None
    if name == "end_date" and found.time() == time() and ":" not in cast("str", given):
        return found + timedelta(days=1, seconds=-1)
    return found.replace(tzinfo=None)
