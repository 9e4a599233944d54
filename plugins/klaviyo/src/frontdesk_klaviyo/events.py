"""Carrying events to Klaviyo: in bulk, several requests at once, none of them too large."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, cast

import attrs

from frontdesk.client import Client
from frontdesk.errors import RefusedError
from frontdesk.model import Json
from frontdesk.outgoing import Batch, DeliveryContext, Load, OutgoingEvent, Receipt
from frontdesk_klaviyo.calls import BAD_REQUEST, PARTIAL_FAILURE, ask, together
from frontdesk_klaviyo.endpoints import EVENT, EVENTS
from frontdesk_klaviyo.faults import Fault, faults_of
from frontdesk_klaviyo.lines import REQUEST, Line, Writer, is_plain
from frontdesk_klaviyo.sending import Receipts, Sender
from frontdesk_klaviyo.trimming import EXTRA

#: Events of one request, of all its profiles together.
EVENTS_PER_REQUEST: Final = 1000

_LOOKED_AT: Final = 200
_POINTER: Final = re.compile(r"/events-bulk-create/data/(\d+)(?:.*?/events/data/(\d+))?")
_OPEN: Final = (
    b'{"data":{"type":"event-bulk-create-job","attributes":{"events-bulk-create":{"data":['
)
_CLOSE: Final = b"]}}}}"
_GROUP: Final = (
    b'{"type":"event-bulk-create","attributes":{"profile":{"data":{"type":"profile","attributes":'
)
_EVENTS: Final = b'}},"events":{"data":['
_LIVE_END: Final = b"]}}}"
_HISTORY_END: Final = b']},"backfill":true}}'
_AROUND_GROUP: Final = len(_GROUP) + len(_EVENTS) + len(_HISTORY_END) + 1


def writer_of(batch: Batch, context: DeliveryContext) -> Writer:
    """Return what writes the events of a batch."""
    settings, history = context.settings, batch.load is Load.HISTORY_EVENTS
    return Writer(settings.metric_name, context.now, history, settings.test_domains)


def screen(batch: Batch, context: DeliveryContext, receipts: Receipts) -> None:
    """Make receipts of the events that would be refused or dropped."""
    writer = writer_of(batch, context)
    for item, plain in _looked_at(batch):
        fault, domain = writer.look(item, plain=plain)
        if fault is not None:
            receipts.refuse(item.id, fault)
        elif domain is not None:
            receipts.drop(item.id, _dropped(domain))


def written(batch: Batch, context: DeliveryContext, receipts: Receipts) -> Iterator[Line]:
    """Write the events of a batch down; those that cannot be sent get their receipts."""
    writer = writer_of(batch, context)
    for item, plain in _looked_at(batch):
        line = writer.line(item, plain=plain)
        if isinstance(line, str):
            receipts.refuse(item.id, line)
        elif line.domain is not None:
            receipts.drop(item.id, _dropped(line.domain))
        else:
            yield line


def _looked_at(batch: Batch) -> Iterator[tuple[OutgoingEvent, bool]]:
    """Yield events, and whether their properties are plain: one look at many is much cheaper."""
    items = cast("Sequence[OutgoingEvent]", batch.items)
    for at in range(0, len(items), _LOOKED_AT):
        some = items[at : at + _LOOKED_AT]
        plain = is_plain(b"".join([item.body for item in some]))
        for item in some:
            yield item, plain


def _dropped(domain: str) -> str:
    return f"Klaviyo will drop events of the test domain {domain}"


def requests(lines: Iterable[Line], most: int = EVENTS_PER_REQUEST) -> Iterator[list[Line]]:
    """Divide events into requests, in their order; what is there twice is sent once."""
    seen: set[tuple[bytes, str, str]] = set()
    chunk: list[Line] = []
    size, last = len(_OPEN) + len(_CLOSE), b""
    for line in lines:
        key = line.key
        if key in seen:
            continue
        seen.add(key)
        # The spare may be larger: it is what counts then.
        own = max(len(line.body), len(line.spare or b"")) + 1
        more = own if line.who == last else own + _AROUND_GROUP + len(line.who)
        if chunk and (len(chunk) == most or size + more > REQUEST):
            yield chunk
            chunk, size = [], len(_OPEN) + len(_CLOSE)
            more = own + _AROUND_GROUP + len(line.who)
        chunk.append(line)
        size, last = size + more, line.who
    if chunk:
        yield chunk


def content(lines: Sequence[Line], *, history: bool) -> bytes:
    """Return the body of a request: neighbours of one profile stand in one group."""
    parts = [_OPEN]
    last = None
    end = _HISTORY_END if history else _LIVE_END
    for line in lines:
        if line.who == last:
            parts += (b",", line.body)
            continue
        if last is not None:
            parts += (end, b",")
        parts += (_GROUP, line.who, _EVENTS, line.body)
        last = line.who
    parts += (end, _CLOSE)
    return b"".join(parts)


def named(lines: Sequence[Line], fault: Fault) -> Sequence[int]:
    """Return the places of the events that a fault points at: one, or those of a profile."""
    found = _POINTER.search(fault.pointer)
    if found is None:
        return ()
    groups: list[list[int]] = []
    for place, line in enumerate(lines):
        if not place or line.who != lines[place - 1].who:
            groups.append([])
        groups[-1].append(place)
    group, event = int(found[1]), found[2]
    if group >= len(groups):
        return ()
    if event is None:
        return groups[group]
    return groups[group][int(event) : int(event) + 1]


@attrs.define
class Carrier:
    """Carries the events of one batch."""

    client: Client[Any]
    history: bool
    receipts: Receipts

    async def carry(self, lines: Sequence[Line]) -> None:
        """Send one request's worth of events."""
        await self._sender(self._bulk).send(lines)

    def _sender(self, asked: Any) -> Sender[Line]:
        return Sender(
            client=self.client,
            ask=asked,
            named=named,
            mend=_mended,
            accept=self._accept,
            refuse=lambda line, why: self.receipts.refuse(line.item.id, why),
            told=_told,
            # Without SMS an account takes nobody who has but a number.
            doubtful=lambda line: line.item.email is None,
        )

    def _accept(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.note:
                self.receipts.note(line.item.id, line.note)
            self.receipts.accept(line.item.id)

    async def _bulk(self, lines: Sequence[Line]) -> None:
        try:
            answer = await ask(self.client, EVENTS, content=content(lines, history=self.history))
        except RefusedError as error:
            if error.status == BAD_REQUEST and _repeats(faults_of(error)):
                # Whether a repeated id spoils a bulk request or is passed over, Klaviyo tells
                # in two ways. One by one it is known to be passed over.
                await self._one_by_one(lines)
                return
            raise
        self._notice(lines, answer.headers.get(PARTIAL_FAILURE))

    async def _one_by_one(self, lines: Sequence[Line]) -> None:
        sender = self._sender(self._single)
        await together(partial(sender.send, [line]) for line in lines)

    async def _single(self, lines: Sequence[Line]) -> None:
        answer = await ask(self.client, EVENT, content=lines[0].alone())
        self._notice(lines, answer.headers.get(PARTIAL_FAILURE))

    def _notice(self, lines: Sequence[Line], header: str | None) -> None:
        if header and len(lines) == 1:
            self.receipts.note(lines[0].item.id, f"Klaviyo ignored {self.client.shown(header)}")


async def deliver(
    client: Client[Any], batch: Batch, context: DeliveryContext
) -> tuple[Receipt, ...]:
    """Send a batch of events, live or history."""
    receipts = Receipts()
    carrier = Carrier(client, batch.load is Load.HISTORY_EVENTS, receipts)
    lines = written(batch, context, receipts)
    await together(partial(carrier.carry, some) for some in requests(lines))
    return receipts.made()


def _mended(line: Line, fault: Fault) -> Line | None:
    del fault
    if line.spare is None:
        return None
    return line._replace(body=line.spare, spare=None, note=f"properties are under {EXTRA} as text")


def _told(line: Line) -> Json:
    item = line.item
    return [item.email, item.phone_number, item.properties]


def _repeats(faults: Iterable[Fault]) -> bool:
    return any("unique_id" in fault.pointer or "unique_id" in fault.detail for fault in faults)
