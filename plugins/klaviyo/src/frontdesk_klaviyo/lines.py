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
from frontdesk_klaviyo.trimming import ARRAY, DEPTH, PROPERTIES, Trimmed, trim

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


@attrs.frozen
class _Kind:
    """What events of one metric, integration and site have in common.

    Args:
        head: How they begin, up to their time.
        opening: How their properties begin: with those every event gets.
    """

    metric: str
    fault: str | None
    head: bytes
    opening: bytes


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
    _kinds: dict[tuple[str, str, str], _Kind] = attrs.field(
        factory=dict[tuple[str, str, str], _Kind], init=False
    )
    _currencies: dict[str | None, tuple[str, str]] = attrs.field(
        factory=dict[str | None, tuple[str, str]], init=False
    )

    def line(self, event: OutgoingEvent, *, plain: bool = False) -> Line | str:
        """Return an event as it is sent, or what is wrong with it.

        Args:
            plain: Its properties are known to have none of our names, and no long numbers.
        """
        person, kind = self._person(event), self._kind(event)
        fault = self._fault(event, person, kind)
        if fault is not None:
            return fault
        money, note = self._money(event.value, event.currency)
        stated = f'{event.time.isoformat(timespec="seconds")}","unique_id":"{event.id}"{money}'
        before = kind.head + stated.encode() + b',"properties":'
        given, spare = event.body, None
        if _few(given) and (plain or is_plain(given)):
            # The properties are by far the largest part: they are copied but twice.
            body = b"".join((before, kind.opening, given[1:], b"}}"))
        else:
            trimmed = _trimmed(kind.opening, event)
            if isinstance(trimmed, str):
                return trimmed
            body = before + trimmed.body + b"}}"
            spare = None if trimmed.spare is None else before + trimmed.spare + b"}}"
            note = "; ".join(filter(None, (note, trimmed.note)))
        if len(body) > REQUEST - _AROUND:
            return f"it is larger than {REQUEST // 1_000_000} MB"
        return Line(event, person.attributes, kind.metric, body, note, spare, person.domain)

    def look(self, event: OutgoingEvent, *, plain: bool = False) -> tuple[str | None, str | None]:
        """Return what is wrong with an event, and the test domain it is of; write it if we must."""
        person = self._person(event)
        fault = self._fault(event, person, self._kind(event))
        if fault is None and not (_few(event.body) and (plain or is_plain(event.body))):
            line = self.line(event)
            fault = line if isinstance(line, str) else None
        return fault, person.domain

    def _fault(self, event: OutgoingEvent, person: _Person, kind: _Kind) -> str | None:
        return (
            person.fault or kind.fault or _fault(event) or checks.time_fault(event.time, self.now)
        )

    def _person(self, event: OutgoingEvent) -> _Person:
        key = event.phone_number if event.email is None else event.email
        person = self._people.get(key)
        if person is None:
            person = self._people[key] = _person(event, self.test_domains)
        return person

    def _kind(self, event: OutgoingEvent) -> _Kind:
        key = (event.metric, event.integration, event.site)
        kind = self._kinds.get(key)
        if kind is None:
            name = metric_name(self.template, event.metric, event.integration)
            kind = self._kinds[key] = _Kind(
                name,
                _name_fault(name),
                _head(name, history=self.history),
                _opening(event.integration, event.site),
            )
        return kind

    def _money(self, value: Decimal | None, currency: str | None) -> tuple[str, str]:
        """Return value and currency as JSON, and a remark for the operator."""
        if value is None:
            return "", ""
        known = self._currencies.get(currency)
        if known is None:
            known = self._currencies[currency] = _currency(currency)
        return f',"value":{value:f}{known[0]}', known[1]


def is_plain(bodies: bytes) -> bool:
    """Tell by a look at the bytes that properties have none of our names, and no long numbers."""
    return (
        b'"Integration":' not in bodies
        and b'"Property":' not in bodies
        and _LONG_NUMBER not in bodies.translate(_DIGITS)
    )


def metric_name(template: str, metric: str, integration: str) -> str:
    """Return what a metric is called at Klaviyo."""
    if template == "{metric}":
        return metric
    return template.replace("{metric}", metric).replace("{integration}", integration)


def _person(event: OutgoingEvent, test_domains: tuple[str, ...]) -> _Person:
    phone = event.phone_number
    email = None if event.email is None else checks.plain_email(event.email)
    fault = checks.identifier_fault(email, phone)
    if email is None:
        return _Person(jsons.encode({"phone_number": phone}), fault)
    return _Person(
        jsons.encode({"email": email}), fault, checks.domain_of_tests(email, test_domains)
    )


def _few(body: bytes) -> bool:
    """Tell by counting that properties are neither too many nor too long nor too deep."""
    size = len(body)
    return (
        (size < _TINY or (size < _SHORT and _few_names(body)))
        and body.count(b"{") + body.count(b"[") <= DEPTH
        and body.startswith(b'{"')
    )


def _few_names(body: bytes) -> bool:
    return body.count(b'":') < PROPERTIES - len(_OURS) and body.count(b",") < ARRAY


def _trimmed(opening: bytes, event: OutgoingEvent) -> Trimmed | str:
    """Read the properties after all, and bring them within the limits."""
    whole = {**jsons.decode(opening.removesuffix(b",") + b"}"), **event.properties}
    return trim(whole, _OURS)


def _fault(event: OutgoingEvent) -> str | None:
    if not _ID.fullmatch(event.id):
        return f"unique_id has {len(event.id)} characters, not 1 to {UNIQUE_ID} plain ones"
    if event.value is not None and not event.value.is_finite():
        return "value is no number"
    return None


def _name_fault(metric: str) -> str | None:
    if 0 < len(metric) <= METRIC:
        return None
    return f"the metric's name has {len(metric)} characters, not 1 to {METRIC}"


def _head(metric: str, *, history: bool) -> bytes:
    name: Mapping[str, str] = {"name": metric}
    metric_data = b'"metric":{"data":{"type":"metric","attributes":' + jsons.encode(name) + b"}}"
    backfill = b',"backfill":true' if history else b""
    return b'{"type":"event","attributes":{' + metric_data + backfill + b',"time":"'


def _opening(integration: str, site: str) -> bytes:
    """Return how properties begin, up to where an event's own go on."""
    added = {"Integration": integration, "Property": site}
    written = jsons.encode({name: text for name, text in added.items() if text})
    return written[:-1] if written == b"{}" else written[:-1] + b","


def _currency(given: str | None) -> tuple[str, str]:
    code = checks.currency(given)
    if code is not None:
        return f',"value_currency":"{code}"', ""
    return "", "" if given is None else "value_currency left out: it is no ISO 4217 code"
