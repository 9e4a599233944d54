"""What Klaviyo shows of people's consent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.errors import RefusedError
from frontdesk.model import Channel, ConsentState, Json
from frontdesk.outgoing import OutgoingConsent, Subscription
from frontdesk_klaviyo import checks
from frontdesk_klaviyo.calls import (
    BAD_REQUEST,
    an_object,
    any_of,
    attributes_of,
    pages,
    rows,
)
from frontdesk_klaviyo.endpoints import PROFILES

#: What is asked for of a profile.
FIELDS: Final[Mapping[str, str]] = {
    "additional-fields[profile]": "subscriptions",
    "fields[profile]": "email,phone_number,subscriptions,updated",
    "page[size]": "100",
}
#: Reasons for which Klaviyo sends somebody nothing at all.
SUPPRESSED: Final = frozenset(
    {
        "HARD_BOUNCE",
        "INVALID_EMAIL",
        "SPAM_COMPLAINT",
        "SPAM_REPORT",
        "UNSUBSCRIBE",
        "USER_SUPPRESSED",
    }
)
_BY: Final = {Channel.EMAIL: "email", Channel.SMS: "phone_number"}
#: A URL is not to be longer than servers take: encoded, an address is at most thrice as long.
_ASKED: Final = 50
_CHARACTERS: Final = 1500


async def read(client: Client[Any], consents: Sequence[OutgoingConsent]) -> dict[str, Subscription]:
    """Return what Klaviyo shows for each consent's address and channel, by its id."""
    found: dict[str, Subscription] = {}
    for channel, field in _BY.items():
        by_address: dict[str, list[OutgoingConsent]] = {}
        for consent in consents:
            if consent.channel is channel:
                by_address.setdefault(consent.address.lower(), []).append(consent)
        fault = checks.email_fault if channel is Channel.EMAIL else checks.phone_fault
        # What is no address is not sent either, and might spoil the question.
        known = [address for address in by_address if fault(address) is None]
        found |= {one.id: _UNKNOWN for some in by_address.values() for one in some}
        for addresses in _some(known):
            shown = await _asked(client, channel, field, addresses)
            for address in addresses:
                for consent in by_address[address]:
                    found[consent.id] = shown.get(address, _UNKNOWN)
    return found


_UNKNOWN: Final = Subscription(None, None, "Klaviyo: no such profile")


async def _asked(
    client: Client[Any], channel: Channel, field: str, addresses: Sequence[str]
) -> dict[str, Subscription]:
    """Ask for some addresses; where Klaviyo cannot read one of them, without it."""
    try:
        return await _shown(client, channel, field, addresses)
    except RefusedError as error:
        if error.status != BAD_REQUEST:
            raise
        if len(addresses) == 1:
            return {}
    middle = len(addresses) // 2
    first = await _asked(client, channel, field, addresses[:middle])
    return first | await _asked(client, channel, field, addresses[middle:])


async def _shown(
    client: Client[Any], channel: Channel, field: str, addresses: Sequence[str]
) -> dict[str, Subscription]:
    shown: dict[str, Subscription] = {}
    params = {**FIELDS, "filter": any_of(field, addresses)}
    async for page in pages(client, PROFILES, params=params):
        for row in rows(page):
            attributes = attributes_of(row)
            address = _address(attributes, field)
            if address is not None:
                state = subscription(attributes, channel)
                shown[address] = _stricter(shown.get(address), state)
    return shown


def _address(attributes: Mapping[str, Json], field: str) -> str | None:
    value = attributes.get(field)
    return value.strip().lower() if isinstance(value, str) and value.strip() else None


def _stricter(one: Subscription | None, two: Subscription) -> Subscription:
    if one is None or two.state is ConsentState.UNSUBSCRIBED:
        return two
    return one


def _some(addresses: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for address in addresses:
        if some and (len(some) == _ASKED or size + len(address) > _CHARACTERS):
            yield some
            some, size = [], 0
        some.append(address)
        size += len(address)
    if some:
        yield some


def subscription(attributes: Mapping[str, Json], channel: Channel) -> Subscription:
    """Return what a profile shows for a channel."""
    of_channel = an_object(an_object(attributes.get("subscriptions")).get(channel.value))
    marketing = an_object(of_channel.get("marketing"))
    said = marketing.get("consent")
    shown = said if isinstance(said, str) else "nothing"
    suppressions = list(_suppressions(marketing))
    # Those of a list alone are not counted: they do not speak of the channel.
    times = [time for _, time in suppressions if time is not None]
    if shown == "UNSUBSCRIBED":
        times += _times(marketing, "consent_timestamp", "last_updated")
    if suppressions or shown == "UNSUBSCRIBED":
        reasons = sorted({reason for reason, _ in suppressions})
        detail = f", suppressed: {', '.join(reasons)}" if reasons else ""
        evidence = f"Klaviyo shows {_word(shown)}{detail}"
        return Subscription(ConsentState.UNSUBSCRIBED, max(times, default=None), evidence)
    if shown == "SUBSCRIBED":
        given = _times(marketing, "consent_timestamp") or _times(marketing, "last_updated")
        return Subscription(
            ConsentState.SUBSCRIBED, max(given, default=None), "Klaviyo shows SUBSCRIBED"
        )
    return Subscription(None, None, f"Klaviyo shows {_word(shown)}")


def suppression_times(attributes: Mapping[str, Json]) -> list[datetime]:
    """Return when an e-mail address was suppressed, each time."""
    email = an_object(an_object(attributes.get("subscriptions")).get("email"))
    marketing = an_object(email.get("marketing"))
    return [time for _, time in _suppressions(marketing) if time is not None]


def moment(value: Json) -> datetime | None:
    """Read a time; without an offset it is UTC."""
    if not isinstance(value, str):
        return None
    with suppress(ValueError):
        read = datetime.fromisoformat(value)
        return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    return None


def _suppressions(marketing: Mapping[str, Json]) -> Iterator[tuple[str, datetime | None]]:
    listed = marketing.get("suppression")
    for one in listed if isinstance(listed, list) else []:
        reason = an_object(one).get("reason")
        # A reason we do not know keeps somebody from being written to as well.
        if isinstance(reason, str):
            known = reason if reason in SUPPRESSED else "for an unknown reason"
            yield known, moment(an_object(one).get("timestamp"))


def _times(marketing: Mapping[str, Json], *names: str) -> list[datetime]:
    return [time for name in names if (time := moment(marketing.get(name))) is not None]


def _word(shown: str) -> str:
    return shown if shown.isupper() and len(shown) <= len("NEVER_SUBSCRIBED") else "something new"
