"""Carrying profiles to Klaviyo: what is live one by one, a history by bulk imports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

import attrs

from frontdesk import jsons
from frontdesk.client import Client
from frontdesk.errors import RefusedError
from frontdesk.model import Json
from frontdesk.outgoing import Batch, OutgoingProfile, Receipt
from frontdesk_klaviyo import imports
from frontdesk_klaviyo.calls import CONFLICT, PARTIAL_FAILURE, ask, together
from frontdesk_klaviyo.endpoints import PATCH, PROFILE
from frontdesk_klaviyo.faults import Fault, faults_of, reason
from frontdesk_klaviyo.people import Entry, entry, mended, merged
from frontdesk_klaviyo.sending import Receipts, Sender

#: More live ones than these go in bulk as well.
ONE_BY_ONE: Final = 50


async def deliver(client: Client[Any], batch: Batch) -> tuple[Receipt, ...]:
    """Send a batch of profiles."""
    receipts = Receipts()
    entries: list[Entry] = []
    for item in cast("Sequence[OutgoingProfile]", batch.items):
        made = entry(item)
        if isinstance(made, str):
            receipts.refuse(item.id, made)
        else:
            entries.append(made)
    people = merged(entries)
    single = sum(one.live for one in people) <= ONE_BY_ONE
    carrier = Carrier(client, receipts)
    await carrier.carry([one for one in people if one.live and single], one_by_one=True)
    await carrier.carry([one for one in people if not (one.live and single)], one_by_one=False)
    return receipts.made()


@attrs.define
class Carrier:
    """Carries the profiles of one batch."""

    client: Client[Any]
    receipts: Receipts

    async def carry(self, people: Sequence[Entry], *, one_by_one: bool) -> None:
        """Send profiles, each in a request of its own or all in jobs."""
        if one_by_one:
            await together(partial(self.upsert, one) for one in people)
            return
        for job in imports.jobs(people):
            await self.bulk(job)

    async def upsert(self, one: Entry) -> None:
        """Send one profile."""
        await self._sender(self._upsert, lambda _entries, _fault: (0,)).send([one])

    async def bulk(self, job: Sequence[Entry]) -> None:
        """Send profiles as a job, and see to those that fail in it."""
        await self._sender(self._import, imports.named).send(job)

    def _sender(self, asked: Any, named: Any) -> Sender[Entry]:
        return Sender(
            client=self.client,
            ask=asked,
            named=named,
            mend=mended,
            accept=self._accept,
            refuse=self._refuse,
            told=_told,
            # Without SMS an account takes nobody who has but a number.
            doubtful=lambda one: one.email is None,
        )

    def _accept(self, entries: Sequence[Entry]) -> None:
        for one in entries:
            self._note(one, *one.notes)
            for id in one.ids:
                self.receipts.accept(id)

    def _refuse(self, one: Entry, why: str) -> None:
        for id in one.ids:
            self.receipts.refuse(id, why)

    async def _import(self, entries: Sequence[Entry]) -> None:
        failures, lost = await imports.run(self.client, entries)
        if lost:
            for one in entries:
                note = f"{lost} profiles of its import failed, and Klaviyo does not say which"
                self._note(one, note)
        again: list[Entry] = []
        for place, fault in failures:
            better = mended(entries[place], fault)
            if better is None:
                self._refuse(entries[place], reason(self.client, fault, [_told(entries[place])]))
            else:
                self._note(better, *better.notes)
                again.append(better)
        # It ends: they have a field less each time.
        await self.carry(again, one_by_one=len(again) <= ONE_BY_ONE)

    async def _upsert(self, entries: Sequence[Entry]) -> None:
        (one,) = entries
        try:
            answer = await ask(self.client, PROFILE, content=b'{"data":' + one.resource() + b"}")
        except RefusedError as error:
            duplicate = _duplicate(error)
            if duplicate is None or mended(one, duplicate) is not None:
                raise
            # There is but one identifier, and Klaviyo says whose it is.
            await self._patch(one, cast("str", duplicate.duplicate))
            return
        ignored = answer.headers.get(PARTIAL_FAILURE)
        if ignored:
            self._note(one, f"Klaviyo ignored {self.client.shown(ignored)}")

    async def _patch(self, one: Entry, id: str) -> None:
        kept = {
            name: value
            for name, value in one.attributes.items()
            if name not in {"email", "phone_number"}
        }
        resource: Json = {"type": "profile", "id": id, "attributes": kept}
        await ask(self.client, PATCH, id, content=jsons.encode({"data": resource}))

    def _note(self, one: Entry, *notes: str) -> None:
        for id in one.ids:
            self.receipts.note(id, *notes)


def _duplicate(error: RefusedError) -> Fault | None:
    """Return the fault that names the profile to which an identifier belongs."""
    if error.status != CONFLICT:
        return None
    return next((fault for fault in faults_of(error) if fault.duplicate), None)


def _told(one: Entry) -> Json:
    return dict(one.attributes)
