"""Telling beforehand, from the items alone, what Klaviyo will not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from frontdesk.outgoing import (
    Batch,
    DeliveryContext,
    Load,
    OutgoingConsent,
    OutgoingProfile,
    Receipt,
)
from frontdesk_klaviyo import consents, events, people
from frontdesk_klaviyo.sending import Receipts


def screen(batch: Batch, context: DeliveryContext) -> tuple[Receipt, ...]:
    """Return receipts of what would be refused or dropped."""
    receipts = Receipts()
    if batch.load is Load.PROFILES:
        for item in cast("Sequence[OutgoingProfile]", batch.items):
            made = people.entry(item)
            if isinstance(made, str):
                receipts.refuse(item.id, made)
    elif batch.load in {Load.OPT_INS, Load.OPT_OUTS}:
        opt_in = batch.load is Load.OPT_INS
        for consent in cast("Sequence[OutgoingConsent]", batch.items):
            fault = consents.fault_of(consent, context.now, opt_in=opt_in)
            if fault is not None:
                receipts.refuse(consent.id, fault)
    else:
        events.screen(batch, context, receipts)
    return receipts.made()
