"""Events as Klaviyo reads them.

This is where most of the work of a first delivery is done, so the properties, which are JSON
already, are copied and not read: unless counting their bytes cannot rule out that they break
a limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import attrs

from frontdesk import jsons
from frontdesk.outgoing import OutgoingEvent
from frontdesk_klaviyo import checks
from frontdesk_klaviyo.trimming import DEPTH, PROPERTIES, trim

METRIC: Final = 127
UNIQUE_ID: Final = 255
#: What one request may hold, of all its events together.
REQUEST: Final = 5_000_000
#: What is around one event and its profile in a request, at most.
_AROUND: Final = 2_000
# Properties as short as that hold no text, and hardly a list, that is too long.
_SHORT: Final = 100_000
_ID: Final = re.compile(r"[A-Za-z0-9:._-]{1,255}", re.ASCII)
_DIGITS: Final = bytes(b"0"[0] if sign in b"0123456789" else b" "[0] for sign in range(256))
_LONG_NUMBER: Final = b"0" * 19
_OURS: Final = frozenset({"Integration", "Property"})


class Line(NamedTuple):
    """An event, ready to be sent.

    Attributes:
        who: The attributes of its profile: one identifier, nothing else.
        body: The event's resource.
        spare: The same to be sent if that one is refused.
    """

    item: OutgoingEvent
    who: bytes
    metric: str
    body: bytes
    note: str = ""
    spare: bytes | None = None

    @property
    def key(self) -> tuple[bytes, str, str]:
        """What Klaviyo knows an event by."""
        return (self.who, self.metric, self.item.id)

    def alone(self) -> bytes:
        """Return the body of a request with nothing but this event."""
        profile = b',"profile":{"data":{"type":"profile","attributes":' + self.who + b"}}}}"
        return b'{"data":' + self.body[:-2] + profile + b"}"


@attrs.define
class Writer:
    """Writes events, and remembers what is the same for many of them.

    Args:
        template: What a metric is called at Klaviyo.
        history: They must not trigger anything.
    """

    template: str
    now: datetime
    history: bool
    _heads: dict[tuple[str, str], bytes | str] = attrs.field(
        factory=dict[tuple[str, str], bytes | str], init=False
    )
    _additions: dict[tuple[str, str], bytes] = attrs.field(
        factory=dict[tuple[str, str], bytes], init=False
    )

    def line(self, event: OutgoingEvent) -> Line | str:
        """Return an event as it is sent, or what is wrong with it."""
        fault = _fault(event, self.now)
        if fault is not None:
            return fault
        head = self._head(event)
        if isinstance(head, str):
            return head
        written = self._properties(event)
        if isinstance(written, str):
            return written
        properties, note, spare = written
        money, remark = _money(event.value, event.currency)
        before = b"".join(
            (
                head,
                event.time.isoformat(timespec="seconds").encode(),
                b'","unique_id":"',
                event.id.encode(),
                money,
                b',"properties":',
            )
        )
        body = before + properties + b"}}"
        if len(body) > REQUEST - _AROUND:
            return f"it is larger than {REQUEST // 1_000_000} MB"
        notes = "; ".join(filter(None, (note, remark)))
        other = None if spare is None else before + spare + b"}}"
        metric = metric_name(self.template, event.metric, event.integration)
        return Line(event, who(event), metric, body, notes, other)

    def _head(self, event: OutgoingEvent) -> bytes | str:
        key = (event.metric, event.integration)
        if key not in self._heads:
            name = metric_name(self.template, *key)
            self._heads[key] = (
                _head(name, history=self.history)
                if 0 < len(name) <= METRIC
                else f"the metric's name has {len(name)} characters, not 1 to {METRIC}"
            )
        return self._heads[key]

    def _properties(self, event: OutgoingEvent) -> tuple[bytes, str, bytes | None] | str:
        key = (event.integration, event.site)
        additions = self._additions.get(key)
        if additions is None:
            additions = self._additions[key] = _additions(*key)
        body = event.body
        if _harmless(body):
            if not additions:
                return body, "", None
            if body == b"{}":
                return b"{" + additions[:-1] + b"}", "", None
            return b"{" + additions + body[1:], "", None
        properties = event.properties
        whole = {**jsons.decode(b"{" + additions[:-1] + b"}"), **properties}
        trimmed = trim(whole, _OURS)
        if isinstance(trimmed, str):
            return trimmed
        return trimmed.body, trimmed.note, trimmed.spare


def metric_name(template: str, metric: str, integration: str) -> str:
    """Return what a metric is called at Klaviyo."""
    if template == "{metric}":
        return metric
    return template.replace("{metric}", metric).replace("{integration}", integration)


def who(event: OutgoingEvent) -> bytes:
    """Return the attributes of an event's profile."""
    if event.email is not None:
        return b'{"email":' + jsons.encode(event.email) + b"}"
    return b'{"phone_number":' + jsons.encode(event.phone_number) + b"}"


def _harmless(body: bytes) -> bool:
    """Tell by counting that properties break no limit and have none of our names."""
    return (
        len(body) < _SHORT
        and body.count(b'":') < PROPERTIES - len(_OURS)
        and body.count(b",") < PROPERTIES * 5
        and body.count(b"{") + body.count(b"[") <= DEPTH
        and body.startswith(b"{")
        and b'"Integration":' not in body
        and b'"Property":' not in body
        and _LONG_NUMBER not in body.translate(_DIGITS)
    )


def _fault(event: OutgoingEvent, now: datetime) -> str | None:
    fault = checks.identifier_fault(event.email, event.phone_number)
    if fault is not None:
        return fault
    if not _ID.fullmatch(event.id):
        return f"unique_id has {len(event.id)} characters, not 1 to {UNIQUE_ID} plain ones"
    if event.value is not None and not event.value.is_finite():
        return "value is no number"
    return checks.time_fault(event.time, now)


def _head(metric: str, *, history: bool) -> bytes:
    name: Mapping[str, str] = {"name": metric}
    metric_data = b'"metric":{"data":{"type":"metric","attributes":' + jsons.encode(name) + b"}}"
    backfill = b',"backfill":true' if history else b""
    return b'{"type":"event","attributes":{' + metric_data + backfill + b',"time":"'


def _additions(integration: str, site: str) -> bytes:
    """Return the properties every event gets, without the braces and with a comma at the end."""
    added = {"Integration": integration, "Property": site}
    written = jsons.encode({name: text for name, text in added.items() if text})
    return b"" if written == b"{}" else written[1:-1] + b","


def _money(value: Decimal | None, currency: str | None) -> tuple[bytes, str]:
    """Return value and currency behind a unique id, and a remark for the operator."""
    if value is None:
        return b'"', ""
    number = f'","value":{value:f}'
    code = checks.currency(currency)
    if code is None:
        remark = "" if currency is None else "value_currency left out: it is no ISO 4217 code"
        return number.encode(), remark
    return f'{number},"value_currency":"{code}"'.encode(), ""
