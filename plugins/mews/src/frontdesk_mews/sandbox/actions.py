"""The operations that are not listings: the configuration, reference data and moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs
import msgspec

from frontdesk_mews.sandbox import atlas, moves
from frontdesk_mews.sandbox.checks import Body, flag, identities, identity, text
from frontdesk_mews.sandbox.houses import House, accepted
from frontdesk_mews.sandbox.refusal import invalid
from frontdesk_mews.sandbox.tokens import Token
from frontdesk_mews.sandbox.world import World

#: What the chain's token is told it belongs to; no row of any table has this id.
PORTFOLIO_ID: Final = "00000000-0000-4000-a000-000000000001"


@attrs.frozen(kw_only=True)
class Call:
    """A request of a known token."""

    world: World
    token: Token
    body: Body


def configuration(call: Call) -> dict[str, Any]:
    """Tell the clock and the property, or that there are several."""
    wanted = identity(call.body, "EnterpriseId")
    house = _house(call, wanted or call.token.enterprise_id)
    return {
        "NowUtc": call.world.clock.now,
        "Enterprise": _enterprise(house) if house else _dummy(call.world),
        "Service": None,
        "PaymentCardStorage": None,
        "IsIdentityDocumentNumberRequired": False,
    }


def _house(call: Call, identity_: str | None) -> House | None:
    if identity_ is None:
        return None
    for house in call.world.houses:
        if house.enterprise.id == identity_ and house.mask & call.token.mask:
            return house
    raise invalid("EnterpriseId")


def _enterprise(house: House) -> dict[str, Any]:
    enterprise: dict[str, Any] = msgspec.to_builtins(house.enterprise)
    # Only the listing says when the property was linked to the portfolio.
    del enterprise["LinkedUtc"]
    return {
        **enterprise,
        "Currencies": accepted(house),
        "AccountingConfiguration": None,
        "IsPortfolio": False,
    }


def _dummy(world: World) -> dict[str, Any]:
    enterprise = _enterprise(world.houses[0])
    nothing = dict.fromkeys(("WebsiteUrl", "Email", "Phone"))
    return {
        **enterprise,
        **nothing,
        "Id": PORTFOLIO_ID,
        "Name": "Portfolio",
        "TimeZoneIdentifier": "Etc/UTC",
        "DefaultLanguageCode": "en-US",
        "Currencies": [],
        "IsPortfolio": True,
    }


def _several(call: Call) -> list[int]:
    ids = identities(call.body, "ReservationIds")
    if ids is None:
        raise invalid("ReservationIds")
    return sorted(_number(call, one, "ReservationIds") for one in ids)


def _one(call: Call) -> int:
    found = identity(call.body, "ReservationId")
    if found is None:
        raise invalid("ReservationId")
    return _number(call, found, "ReservationId")


def _number(call: Call, reservation: str, parameter: str) -> int:
    wanted = identity(call.body, "EnterpriseId")
    house = _house(call, wanted)
    table = call.world.reservations
    number = table.numbers.get(reservation)
    mask = house.mask if house else call.token.mask
    if number is None or not table.masks[number] & mask:
        raise invalid(parameter)
    return number


def _ids(call: Call, numbers: list[int]) -> dict[str, Any]:
    return {"ReservationIds": [call.world.reservations.rows[number].id for number in numbers]}


def confirm(call: Call) -> dict[str, Any]:
    """Confirm several reservations, or none if one of them cannot be."""
    numbers = _several(call)
    flag(call.body, "SendConfirmationEmail")
    for number in numbers:
        moves.check(call.world, number, "confirm")
    for number in numbers:
        moves.confirm(call.world, number)
    return _ids(call, numbers)


def start(call: Call) -> dict[str, Any]:
    """Check one reservation in."""
    moves.start(call.world, _one(call))
    return {}


def process(call: Call) -> dict[str, Any]:
    """Check one reservation out."""
    for name in ("CloseBills", "AllowOpenBalance"):
        flag(call.body, name)
    text(call.body, "Notes")
    moves.process(call.world, _one(call))
    return {}


def cancel(call: Call) -> dict[str, Any]:
    """Cancel several reservations, or none if one of them cannot be."""
    numbers = _several(call)
    if text(call.body, "Notes") is None:
        raise invalid("Notes")
    fee = flag(call.body, "PostCancellationFee")
    flag(call.body, "SendEmail")
    for number in numbers:
        moves.check(call.world, number, "cancel")
    for number in numbers:
        moves.cancel(call.world, number, fee=fee)
    return _ids(call, numbers)


def _constant(answer: dict[str, Any]) -> Callable[[Call], dict[str, Any]]:
    return lambda _call: answer


ACTIONS: Final[dict[str, Callable[[Call], dict[str, Any]]]] = {
    "configuration/get": configuration,
    "countries/getAll": _constant(atlas.COUNTRIES),
    "currencies/getAll": _constant(atlas.CURRENCIES),
    "languages/getAll": _constant(atlas.LANGUAGES),
    "reservations/confirm": confirm,
    "reservations/start": start,
    "reservations/process": process,
    "reservations/cancel": cancel,
}
