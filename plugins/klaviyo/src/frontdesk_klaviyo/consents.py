"""Carrying consent to Klaviyo: each channel in requests of its own, opt-outs without a list."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, cast

import attrs

from frontdesk import jsons
from frontdesk.client import Client
from frontdesk.errors import ConfigurationError, RefusedError
from frontdesk.model import Channel, Json
from frontdesk.outgoing import Batch, DeliveryContext, Load, OutgoingConsent, Receipt
from frontdesk_klaviyo import checks
from frontdesk_klaviyo.calls import NOT_FOUND, PARTIAL_FAILURE, ask, together
from frontdesk_klaviyo.endpoints import SUBSCRIBE, UNSUBSCRIBE
from frontdesk_klaviyo.faults import Fault, faults_of
from frontdesk_klaviyo.sending import Receipts, Sender

#: The channels we carry.
CHANNELS: Final = frozenset({Channel.EMAIL, Channel.SMS})
OPT_INS_PER_REQUEST: Final = 1000
OPT_OUTS_PER_REQUEST: Final = 100
_POINTER: Final = re.compile(r"/profiles/data/(\d+)(?:/|$)")


class Kind(NamedTuple):
    """What consents must have in common to share a request."""

    channel: Channel
    subscribers: str | None = None
    source: str = ""
    history: bool = False


@attrs.frozen
class Word:
    """A consent to be sent; *email* goes along with a number, so that it reaches its person."""

    consent: OutgoingConsent
    email: str | None = attrs.field(default=None, repr=False)


def fault_of(consent: OutgoingConsent, now: datetime, *, opt_in: bool) -> str | None:
    """Tell why a consent cannot be sent."""
    if consent.channel not in CHANNELS:
        return f"consent for {consent.channel.value} is not carried to Klaviyo"
    email = consent.channel is Channel.EMAIL
    fault = (checks.email_fault if email else checks.phone_fault)(_address(consent))
    if fault is not None:
        return fault
    if not (opt_in and consent.history):
        return None
    if consent.at is None:
        return "consented_at is not known, and an opt-in of the past needs it"
    return "consented_at does not lie in the past" if consent.at >= now else None


async def deliver(
    client: Client[Any], batch: Batch, context: DeliveryContext
) -> tuple[Receipt, ...]:
    """Send a batch of opt-ins or of opt-outs."""
    receipts = Receipts()
    opt_in = batch.load is Load.OPT_INS
    groups: dict[Kind, dict[str, list[OutgoingConsent]]] = {}
    for consent in cast("Sequence[OutgoingConsent]", batch.items):
        fault = fault_of(consent, context.now, opt_in=opt_in)
        if fault is not None:
            receipts.refuse(consent.id, fault)
            continue
        kind = _kind(consent) if opt_in else Kind(consent.channel)
        groups.setdefault(kind, {}).setdefault(_address(consent), []).append(consent)
    most = OPT_INS_PER_REQUEST if opt_in else OPT_OUTS_PER_REQUEST
    await together(
        partial(_Carrier(client, kind, opt_in, receipts, same).carry, list(same)[at : at + most])
        for kind, same in groups.items()
        for at in range(0, len(same), most)
    )
    return receipts.made()


def _kind(consent: OutgoingConsent) -> Kind:
    source = consent.integration or "frontdesk"
    if consent.observed:
        source += " (first seen)"
    return Kind(consent.channel, consent.subscribers, source, consent.history)


@attrs.define
class _Carrier:
    """Carries consents of one kind; those of one address are sent as its last one."""

    client: Client[Any]
    kind: Kind
    opt_in: bool
    receipts: Receipts
    same: dict[str, list[OutgoingConsent]] = attrs.field(repr=False)

    async def carry(self, addresses: Sequence[str]) -> None:
        """Send what one request holds."""
        sender = Sender(
            client=self.client,
            ask=self._ask,
            named=_named,
            mend=_mended,
            accept=self._accept,
            refuse=self._refuse,
            told=_told,
            # All numbers of a country are refused where the account cannot write to it.
            doubtful=lambda _: True,
        )
        await sender.send([_word(self.same[address][-1]) for address in addresses])

    def _ids(self, word: Word) -> Iterator[str]:
        return (consent.id for consent in self.same[_address(word.consent)])

    def _accept(self, words: Sequence[Word]) -> None:
        for word in words:
            for id in self._ids(word):
                self.receipts.accept(id)

    def _refuse(self, word: Word, why: str) -> None:
        for id in self._ids(word):
            self.receipts.refuse(id, why)

    async def _ask(self, words: Sequence[Word]) -> None:
        body = subscribing(self.kind, words) if self.opt_in else unsubscribing(self.kind, words)
        endpoint = SUBSCRIBE if self.opt_in else UNSUBSCRIBE
        try:
            answer = await ask(self.client, endpoint, content=jsons.encode(body))
        except RefusedError as error:
            if self.kind.subscribers is not None and _about_the_list(error):
                raise ConfigurationError(
                    f"Klaviyo has no list {self.kind.subscribers!r}: correct subscribers"
                ) from error
            raise
        ignored = answer.headers.get(PARTIAL_FAILURE)
        if ignored:
            one = len(words) == 1
            where = "" if one else f" of one of {len(words)} in its request"
            for id in itertools.chain.from_iterable(map(self._ids, words)):
                self.receipts.note(id, f"Klaviyo ignored {self.client.shown(ignored)}{where}")


def subscribing(kind: Kind, words: Sequence[Word]) -> Json:
    """Return the body of a request that subscribes."""
    attributes: dict[str, Json] = {"custom_source": kind.source}
    if kind.history:
        attributes["historical_import"] = True
    attributes["profiles"] = {"data": [_profile(kind, word, opt_in=True) for word in words]}
    data: dict[str, Json] = {
        "type": "profile-subscription-bulk-create-job",
        "attributes": attributes,
    }
    if kind.subscribers is not None:
        data["relationships"] = {"list": {"data": {"type": "list", "id": kind.subscribers}}}
    return {"data": data}


def unsubscribing(kind: Kind, words: Sequence[Word]) -> Json:
    """Return the body of a request that unsubscribes.

    Without a list: with one, Klaviyo unsubscribes from everything whoever is not on it.
    """
    profiles = [_profile(kind, word, opt_in=False) for word in words]
    attributes = {"profiles": {"data": profiles}}
    return {"data": {"type": "profile-subscription-bulk-delete-job", "attributes": attributes}}


def _profile(kind: Kind, word: Word, *, opt_in: bool) -> Json:
    said: dict[str, Json] = {"consent": "SUBSCRIBED" if opt_in else "UNSUBSCRIBED"}
    if opt_in and kind.history and word.consent.at is not None:
        said["consented_at"] = word.consent.at.isoformat()
    who: dict[str, Json] = {}
    if kind.channel is Channel.EMAIL:
        who["email"] = _address(word.consent)
    else:
        who["phone_number"] = _address(word.consent)
        if opt_in and word.email is not None:
            who["email"] = word.email
    subscriptions = {kind.channel.value: {"marketing": said}}
    return {"type": "profile", "attributes": {**who, "subscriptions": subscriptions}}


def _address(consent: OutgoingConsent) -> str:
    email = consent.channel is Channel.EMAIL
    return checks.plain_email(consent.address) if email else consent.address


def _word(consent: OutgoingConsent) -> Word:
    sms = consent.channel is Channel.SMS
    email = checks.plain_email(consent.email) if sms and consent.email else None
    return Word(consent, None if email is None or checks.email_fault(email) else email)


def _named(words: Sequence[Word], fault: Fault) -> Sequence[int]:
    del words
    found = _POINTER.search(fault.pointer)
    return (int(found[1]),) if found else ()


def _mended(word: Word, fault: Fault) -> Word | None:
    """Do without the e-mail address of a number where it is what is wrong."""
    wrong = fault.field == "email" or fault.taken
    return Word(word.consent) if wrong and word.email is not None else None


def _told(word: Word) -> Json:
    return [word.consent.address, word.consent.email]


def _about_the_list(error: RefusedError) -> bool:
    if error.status == NOT_FOUND:
        return True
    return any("/relationships/list" in fault.pointer for fault in faults_of(error))
