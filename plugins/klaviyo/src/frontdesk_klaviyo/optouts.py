"""Reading back who opted out at Klaviyo, a little more than is new each time.

Klaviyo can be asked for the e-mail addresses suppressed since a time. For SMS there is no such
question: there, every profile that changed since is looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.model import Channel, ConsentState, Json
from frontdesk.outgoing import DeliveryContext, OptOut, OptOuts
from frontdesk_klaviyo.calls import an_object, attributes_of, pages, rows
from frontdesk_klaviyo.endpoints import PROFILES
from frontdesk_klaviyo.subscriptions import FIELDS, moment, subscription, suppression_times

VERSION: Final = 1
#: How much of what was read before is read again: what was said may show late. For SMS less:
#: during a first delivery every profile changes.
OVERLAP: Final = {Channel.EMAIL: timedelta(hours=1), Channel.SMS: timedelta(minutes=10)}
_SUPPRESSED: Final = "subscriptions.email.marketing.suppression.timestamp"
_CHANGED: Final = "updated"
_FIELD: Final = {Channel.EMAIL: "email", Channel.SMS: "phone_number"}
#: Every suppression there is; Klaviyo began later.
_EVER: Final = "2000-01-01T00:00:00Z"


async def read(
    client: Client[Any], cursor: Json, context: DeliveryContext
) -> AsyncIterator[OptOuts]:
    """Read pages of opt-outs since *cursor*."""
    since = _since(cursor)
    channels = [Channel.EMAIL, *([Channel.SMS] if client.settings.sms_opt_outs else [])]
    for channel in channels:
        async for said, reached in _walk(client, channel, since.get(channel)):
            if reached is not None:
                since[channel] = max(reached, since.get(channel, reached))
            yield OptOuts(tuple(said), _written(since))
        since[channel] = max(context.now, since.get(channel, context.now))
        yield OptOuts((), _written(since))


async def _walk(
    client: Client[Any], channel: Channel, since: datetime | None
) -> AsyncIterator[tuple[list[OptOut], datetime | None]]:
    """Ask for one channel; tell how far each page reached, if that is certain."""
    email = channel is Channel.EMAIL
    start = _EVER
    if since is not None:
        start = (since - OVERLAP[channel]).isoformat().replace("+00:00", "Z")
    field = _SUPPRESSED if email else _CHANGED
    comparison = "greater-or-equal" if email else "greater-than"
    params = {**FIELDS, "filter": f"{comparison}({field},{start})", "sort": field}
    async for page in pages(client, PROFILES, params=params):
        said: list[OptOut] = []
        reached = None
        for row in rows(page):
            attributes = attributes_of(row)
            said += _said(attributes, channel)
            reached = _reached(attributes, start, email=email)
        yield said, reached


def _said(attributes: Mapping[str, Json], channel: Channel) -> list[OptOut]:
    address = attributes.get(_FIELD[channel])
    shown = subscription(attributes, channel)
    if not isinstance(address, str) or shown.state is not ConsentState.UNSUBSCRIBED:
        return []
    known = address.strip().lower()
    return [OptOut(channel, known, shown.at, shown.evidence)] if known else []


def _reached(attributes: Mapping[str, Json], start: str, *, email: bool) -> datetime | None:
    """Tell up to when everything was read, given the last row of a page.

    Somebody may have been suppressed several times; by which time Klaviyo sorts, it does not
    say, so the first of those asked for is taken.
    """
    if not email:
        return moment(attributes.get("updated"))
    first = moment(start)
    times = [t for t in suppression_times(attributes) if first is None or t >= first]
    return min(times, default=None)


def _since(cursor: Json) -> dict[Channel, datetime]:
    """Read a cursor; one that a later version wrote is as good as none."""
    known = an_object(cursor)
    if known.get("version") != VERSION:
        return {}
    times = {channel: moment(known.get(channel.value)) for channel in _FIELD}
    return {channel: time for channel, time in times.items() if time is not None}


def _written(since: Mapping[Channel, datetime]) -> Json:
    return {"version": VERSION, **{channel.value: at.isoformat() for channel, at in since.items()}}
