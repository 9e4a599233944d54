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
from frontdesk_klaviyo.trimming import ARRAY, DEPTH, PROPERTIES, trim

METRIC: Final = 127
UNIQUE_ID: Final = 255
#: What one request may hold, of all its events together.
REQUEST: Final = 5_000_000
#: What is around one event and its profile in a request, at most.
_AROUND: Final = 2_000
# Properties as short as that hold no text that is too long; or not too many names or entries
# either, as each takes six bytes, or two, at the least.
_SHORT: Final = 100_000
_TINY: Final = 2_000
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
        domain: The test domain of its guest's address: Klaviyo throws it away.
    """

    item: OutgoingEvent
    who: bytes
    metric: str
    body: bytes
    note: str = ""
    spare: bytes | None = None
    domain: str | None = None

    @property
    def key(self) -> tuple[bytes, str, str]:
        """What Klaviyo knows an event by."""
        return (self.who, self.metric, self.item.id)

    def alone(self) -> bytes:
        """Return the body of a request with nothing but this event."""
        profile = b',"profile":{"data":{"type":"profile","attributes":' + self.who + b"}}}}"
        return b'{"data":' + self.body[:-2] + profile + b"}"


@attrs.frozen
class _Person:
    """Whose event it is.

    Args:
        attributes: Of the profile: one identifier, nothing else.
        domain: The test domain of the address, if it is of one.
    """

    attributes: bytes = b""
    fault: str | None = None
    domain: str | None = None


@attrs.define
class Writer:
    """Writes events, and remembers what is the same for many of them.

    Args:
        template: What a metric is called at Klaviyo.
        history: They must not trigger anything.
        test_domains: Whose events Klaviyo throws away.
    """

    template: str
    now: datetime
    history: bool
    test_domains: tuple[str, ...] = checks.TEST_DOMAINS
    _people: dict[str | None, _Person] = attrs.field(
        factory=dict[str | None, _Person], init=False, repr=False
    )
    _heads: dict[tuple[str, str], tuple[str, bytes]] = attrs.field(
        factory=dict[tuple[str, str], tuple[str, bytes]], init=False
    )
    _additions: dict[tuple[str, str], bytes] = attrs.field(
        factory=dict[tuple[str, str], bytes], init=False
    )
    _currencies: dict[str | None, tuple[bytes, str]] = attrs.field(
        factory=dict[str | None, tuple[bytes, str]], init=False
    )

    def line(self, event: OutgoingEvent) -> Line | str:
        """Return an event as it is sent, or what is wrong with it."""
        person = self._person(event)
        metric, head = self._head(event.metric, event.integration)
        fault = person.fault or _fault(event, metric) or checks.time_fault(event.time, self.now)
        if fault is not None:
            return fault
        written = self._properties(event)
        if isinstance(written, str):
            return written
        properties, note, spare = written
        money, remark = self._money(event.value, event.currency)
        stated = f'{event.time.isoformat(timespec="seconds")}","unique_id":"{event.id}"'
        before = b"".join((head, stated.encode(), money, b',"properties":'))
        body = before + properties + b"}}"
        if len(body) > REQUEST - _AROUND:
            return f"it is larger than {REQUEST // 1_000_000} MB"
        if note or remark or spare is not None:
            notes = "; ".join(filter(None, (note, remark)))
            other = None if spare is None else before + spare + b"}}"
            return Line(event, person.attributes, metric, body, notes, other, person.domain)
        return Line(event, person.attributes, metric, body, "", None, person.domain)

    def _person(self, event: OutgoingEvent) -> _Person:
        key = event.email or event.phone_number
        person = self._people.get(key)
        if person is None:
            person = self._people[key] = _person(event, self.test_domains)
        return person

    def _head(self, metric: str, integration: str) -> tuple[str, bytes]:
        key = (metric, integration)
        head = self._heads.get(key)
        if head is None:
            name = metric_name(self.template, metric, integration)
            head = self._heads[key] = (name, _head(name, history=self.history))
        return head

    def _money(self, value: Decimal | None, currency: str | None) -> tuple[bytes, str]:
        """Return value and currency as JSON, and a remark for the operator."""
        if value is None:
            return b"", ""
        known = self._currencies.get(currency)
        if known is None:
            known = self._currencies[currency] = _currency(currency)
        return f',"value":{value:f}'.encode() + known[0], known[1]

    def _properties(self, event: OutgoingEvent) -> tuple[bytes, str, bytes | None] | str:
        key = (event.integration, event.site)
        additions = self._additions.get(key)
        if additions is None:
            additions = self._additions[key] = _additions(*key)
        body = event.body
        if body == b"{}":
            return b"{" + additions[:-1] + b"}", "", None
        if _harmless(body):
            return b"{" + additions + body[1:], "", None
        whole = {**jsons.decode(b"{" + additions[:-1] + b"}"), **event.properties}
        trimmed = trim(whole, _OURS)
        if isinstance(trimmed, str):
            return trimmed
        return trimmed.body, trimmed.note, trimmed.spare


def metric_name(template: str, metric: str, integration: str) -> str:
    """Return what a metric is called at Klaviyo."""
    if template == "{metric}":
        return metric
    return template.replace("{metric}", metric).replace("{integration}", integration)


def _person(event: OutgoingEvent, test_domains: tuple[str, ...]) -> _Person:
    email, phone = event.email, event.phone_number
    fault = checks.identifier_fault(email, phone)
    if email is None:
        return _Person(jsons.encode({"phone_number": phone}), fault)
    return _Person(
        jsons.encode({"email": email}), fault, checks.domain_of_tests(email, test_domains)
    )


def _harmless(body: bytes) -> bool:
    """Tell by counting that properties break no limit and have none of our names."""
    size = len(body)
    return (
        (size < _TINY or (size < _SHORT and _few(body)))
        and body.count(b"{") + body.count(b"[") <= DEPTH
        and b'"Integration":' not in body
        and b'"Property":' not in body
        and _LONG_NUMBER not in body.translate(_DIGITS)
        and body.startswith(b'{"')
    )


def _few(body: bytes) -> bool:
    return body.count(b'":') < PROPERTIES - len(_OURS) and body.count(b",") < ARRAY


def _fault(event: OutgoingEvent, metric: str) -> str | None:
    if not 0 < len(metric) <= METRIC:
        return f"the metric's name has {len(metric)} characters, not 1 to {METRIC}"
    if not _ID.fullmatch(event.id):
        return f"unique_id has {len(event.id)} characters, not 1 to {UNIQUE_ID} plain ones"
    if event.value is not None and not event.value.is_finite():
        return "value is no number"
    return None


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


def _currency(given: str | None) -> tuple[bytes, str]:
    code = checks.currency(given)
    if code is not None:
        return f',"value_currency":"{code}"'.encode(), ""
    return b"", "" if given is None else "value_currency left out: it is no ISO 4217 code"
