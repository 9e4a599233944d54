"""Unsubscribing, and whom a suppression means."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from msgspec import UNSET

from frontdesk_klaviyo.sandbox import shapes_consent as shapes
from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.api_consent import (
    PROFILES,
    chosen_list,
    counted,
    person,
    too_new,
)
from frontdesk_klaviyo.sandbox.call import Call
from frontdesk_klaviyo.sandbox.checks import email_fault
from frontdesk_klaviyo.sandbox.consents import MARKETING
from frontdesk_klaviyo.sandbox.lists import List
from frontdesk_klaviyo.sandbox.people import Who, take_in
from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal, invalid, missing
from frontdesk_klaviyo.sandbox.shapes import Data
from frontdesk_klaviyo.sandbox.wire import Reply

MOST: Final = 100


def unsubscribe(call: Call) -> Reply:
    """Unsubscribe many people, or none of them."""
    data = call.read(Data[shapes.UnsubscribeJob]).data
    counted(call, len(data.attributes.profiles.data), MOST)
    good, problems = call.reader.each(shapes.Unsubscriber, data.attributes.profiles.data, PROFILES)
    asks: list[tuple[Who, list[str]]] = []
    for index, one in good.items():
        email, phone = one.attributes.email, one.attributes.phone_number
        partly = call.options.bulk_invalid_phone == "partial"
        who, faults = person(call, None, email, phone, partial=partly)
        tracking = one.attributes.subscriptions.email
        if isinstance(tracking, shapes.EmailTaken) and tracking.click_tracking is not UNSET:
            faults += too_new(call)
        channels = _taken(one.attributes.subscriptions)
        faults += [] if faults else _unreachable(who, channels)
        asks.append((who, channels))
        problems += [Problem(what, f"{PROFILES}/{index}/{where}") for where, what in faults]
    call.refuse(problems)
    chosen = chosen_list(call, data.relationships)
    call.work.later(call.options.consent_delay, partial(_unsubscribe, call.account, asks, chosen))
    return Reply(202)


def _unreachable(who: Who, channels: list[str]) -> list[tuple[str, str]]:
    """Tell which channels are left for an identifier that was not given."""
    wanted = {
        "email": "email",
        "sms": "phone_number",
        "whatsapp": "phone_number",
    }
    kinds = {channel.partition(".")[0] for channel in channels}
    return [
        (f"attributes/{name}", f"{name} is required to unsubscribe from {kind}.")
        for kind, name in wanted.items()
        if kind in kinds and not who.changes.get(name)
    ]


def _taken(channels: shapes.ChannelsTaken) -> list[str]:
    named: tuple[tuple[str, Any], ...] = (
        ("email", channels.email),
        ("sms", channels.sms),
        ("whatsapp", channels.whatsapp),
        ("push", channels.push),
    )
    kinds = ("marketing", "transactional", "conversational", "open_tracking", "click_tracking")
    return [
        f"{channel}.{kind}"
        for channel, parts in named
        for kind in kinds
        if isinstance(getattr(parts, kind, None), shapes.Taken)
    ]


def _unsubscribe(
    account: Account, asks: list[tuple[Who, list[str]]], chosen: List | None, now: datetime
) -> None:
    for who, channels in asks:
        row = take_in(account, who, now)
        consents = row.consent()
        on_list = chosen is not None and row.number in chosen.members
        for channel in channels:
            if chosen is not None and on_list and channel == MARKETING:
                consents.leave(chosen.id, now)
            else:
                # Whoever is not on the list that was named is unsubscribed from everything.
                consents.unsubscribe(channel, now)
                account.counts["unsubscribed"] += 1
        if chosen is not None and on_list and channels:
            chosen.members.pop(row.number, None)


# --- suppressing ---------------------------------------------------------------------------


def addresses(call: Call, data: shapes.SuppressJob | shapes.UnsuppressJob) -> list[str] | List:
    """Read whom a request means: addresses, or the members of a list."""
    related, profiles = data.relationships, data.attributes.profiles
    listed = related is not UNSET and related.list is not UNSET
    segmented = related is not UNSET and related.segment is not UNSET
    named = profiles is not UNSET and profiles is not None
    if sum((listed, segmented, named)) != 1:
        raise invalid("Exactly one of profiles, a list and a segment must be given.")
    if segmented:
        raise Refusal(404, Problem("A segment with this id does not exist."))
    if related is not UNSET and related.list is not UNSET:
        found = call.account.lists.by_id(related.list.data.id)
        if found is None:
            raise missing(f"A list with id {related.list.data.id} does not exist.")
        call.items = len(found.members)
        return found
    raws = profiles.data if profiles is not UNSET and profiles is not None else []
    counted(call, len(raws), MOST)
    good, problems = call.reader.each(shapes.Suppressed, raws, PROFILES)
    for index, one in good.items():
        fault = email_fault(one.attributes.email)
        if fault is not None:
            problems.append(Problem(fault, f"{PROFILES}/{index}/attributes/email"))
    call.refuse(problems)
    return [one.attributes.email.lower() for one in good.values()]
