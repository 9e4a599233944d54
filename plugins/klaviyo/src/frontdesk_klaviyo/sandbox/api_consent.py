"""Subscribing, and what bodies about consent have in common."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, Final

import attrs
from msgspec import UNSET, UnsetType

from frontdesk_klaviyo.sandbox import shapes_consent as shapes
from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.call import Call
from frontdesk_klaviyo.sandbox.checks import email_fault, moment, phone_is_good, region
from frontdesk_klaviyo.sandbox.consents import State, Wish
from frontdesk_klaviyo.sandbox.lists import List
from frontdesk_klaviyo.sandbox.people import NO_IDENTIFIER, PARTIAL, Who, take_in
from frontdesk_klaviyo.sandbox.refusal import Problem, invalid, missing
from frontdesk_klaviyo.sandbox.shapes import Data
from frontdesk_klaviyo.sandbox.wire import Reply

SUBSCRIBED: Final = 1_000
PROFILES: Final = "/data/attributes/profiles/data"
#: Since this revision clicks can be tracked or not.
_CLICKS: Final = "2026-10-15"
_NO_SMS: Final = "SMS configuration is required to subscribe phone number only profiles."


@attrs.frozen
class Ask:
    """What one person asks for."""

    who: Who
    wishes: list[Wish]


@attrs.frozen
class Manner:
    """How subscriptions take effect."""

    #: Only once they are confirmed.
    double: bool
    #: Not if they are older than an opt-out.
    ignore: bool


def counted(call: Call, number: int, most: int) -> None:
    """Refuse an empty request or one that is too long."""
    call.items = number
    if not 1 <= number <= most:
        raise invalid(f"A request may have 1 to {most} profiles, not {number}.", PROFILES)


def chosen_list(call: Call, relationships: shapes.OneList | UnsetType) -> List | None:
    """Find the list a request names."""
    if relationships is UNSET or relationships.list is UNSET:
        return None
    identity = relationships.list.data.id
    found = call.account.lists.by_id(identity)
    if found is None:
        raise missing(f"A list with id {identity} does not exist.")
    return found


def subscribe(call: Call) -> Reply:
    """Subscribe many people, or none of them."""
    data = call.read(Data[shapes.SubscribeJob]).data
    counted(call, len(data.attributes.profiles.data), SUBSCRIBED)
    good, problems = call.reader.each(shapes.Subscriber, data.attributes.profiles.data, PROFILES)
    historical = data.attributes.historical_import is True
    asks: list[Ask] = []
    for index, one in good.items():
        ask, faults = _ask(call, one, data.attributes, historical=historical)
        asks.append(ask)
        problems += [Problem(what, f"{PROFILES}/{index}/{where}") for where, what in faults]
    call.refuse(problems)
    chosen = chosen_list(call, data.relationships)
    process = call.account.default_opt_in if chosen is None else chosen.opt_in_process
    double = process == "double_opt_in" and not historical
    ignore = call.options.consent_older_than_optout == "ignore"
    task = partial(_subscribe, call.account, asks, chosen, Manner(double, ignore))
    call.work.later(call.options.consent_delay, task)
    dropped = any(ask.who.phone_dropped for ask in asks)
    return Reply(202, headers={PARTIAL: "phone_number"} if dropped else {})


def _ask(
    call: Call, one: shapes.Subscriber, job: shapes.SubscribeAttributes, *, historical: bool
) -> tuple[Ask, list[tuple[str, str]]]:
    attributes = one.attributes
    who, faults = person(call, one.id, attributes.email, attributes.phone_number, partial=True)
    source = job.custom_source if isinstance(job.custom_source, str) else None
    wishes: list[Wish] = []
    for where, channel, given in _given(attributes.subscriptions):
        place = f"attributes/subscriptions/{where}"
        at, fault = _consented(given, call.now, historical=historical)
        if fault is not None:
            faults.append((f"{place}/consented_at", fault))
        wishes.append(Wish(channel=channel, consented_at=at, source=source))
    tracking = attributes.subscriptions.email
    if isinstance(tracking, shapes.EmailGiven) and tracking.click_tracking is not UNSET:
        faults += too_new(call)
    if not faults:
        faults += _reachable(call, who, wishes, attributes)
    return Ask(who, wishes), faults


def too_new(call: Call) -> Iterator[tuple[str, str]]:
    """Refuse to hear of clicks before they could be spoken of."""
    if call.revision < _CLICKS and call.options.unknown_members == "refuse":
        where = "attributes/subscriptions/email/click_tracking"
        yield where, "Object contains unknown field `click_tracking`."


def person(
    call: Call, identity: Any, email: Any, phone: Any, *, partial: bool
) -> tuple[Who, list[tuple[str, str]]]:
    """Read by what somebody is named, and list what is wrong with it: where and what."""
    changes: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    who = Who(identity if isinstance(identity, str) and identity else None, changes)
    if isinstance(email, str):
        fault = email_fault(email)
        if fault is not None:
            faults.append(("attributes/email", fault))
        changes["email"] = email.lower()
    if isinstance(phone, str):
        if phone_is_good(phone, call.options):
            changes["phone_number"] = phone
        elif partial and (who.id or changes):
            who.phone_dropped = True
        else:
            faults.append(("attributes/phone_number", "Invalid phone number."))
    if not faults and not who.key:
        faults.append(("attributes", NO_IDENTIFIER))
    return who, faults


def _given(
    channels: shapes.ChannelsGiven,
) -> Iterator[tuple[str, str, shapes.Given | shapes.GivenPlain]]:
    """List the consents in a body: where, for which channel, which."""
    named: tuple[tuple[str, Any], ...] = (
        ("email", channels.email),
        ("sms", channels.sms),
        ("whatsapp", channels.whatsapp),
        ("push", channels.push),
    )
    for channel, parts in named:
        for kind in ("marketing", "transactional", "open_tracking", "click_tracking"):
            given = getattr(parts, kind, None)
            if isinstance(given, shapes.Given | shapes.GivenPlain):
                yield f"{channel}/{kind}", f"{channel}.{kind}", given


def _consented(
    given: shapes.Given | shapes.GivenPlain, now: datetime, *, historical: bool
) -> tuple[datetime | None, str | None]:
    if isinstance(given, shapes.GivenPlain):
        return None, None
    text = given.consented_at if isinstance(given.consented_at, str) else None
    if not historical:
        fault = "consented_at may only be given with historical_import."
        return None, None if text is None else fault
    at = None if text is None else moment(text)
    if at is None or at >= now:
        return None, "Historical subscription does not have a valid consented_at timestamp."
    return at, None


def _reachable(
    call: Call, who: Who, wishes: list[Wish], attributes: shapes.SubscriberAttributes
) -> Iterator[tuple[str, str]]:
    """Tell which channels do not reach the person."""
    known = call.account.profiles.by_id(who.id) if who.id else None
    email: str | None = who.changes.get("email") or (known.email if known else None)
    phone: str | None = who.changes.get("phone_number") or (known.phone_number if known else None)
    channels = {wish.channel.partition(".")[0] for wish in wishes}
    if "email" in channels and not email:
        yield "attributes/email", "An email address is required to subscribe to email."
    if "whatsapp" in channels and not phone:
        yield "attributes/phone_number", "A phone number is required to subscribe to WhatsApp."
    if phone and not email and not who.id and not call.account.sms_regions:
        yield "attributes/phone_number", _NO_SMS
    elif "sms" in channels:
        yield from _texting(call, phone, attributes)


def _texting(
    call: Call, phone: str | None, attributes: shapes.SubscriberAttributes
) -> Iterator[tuple[str, str]]:
    if not phone:
        yield "attributes/phone_number", "A valid phone number is required to subscribe to SMS."
    elif region(phone) not in call.account.sms_regions:
        where = "attributes/phone_number"
        yield where, "The account has no sending number for the region of this phone number."
    born = attributes.age_gated_date_of_birth
    if call.account.age_gated_sms and not isinstance(born, str):
        yield "attributes/age_gated_date_of_birth", "A date of birth is required for SMS."


def _subscribe(
    account: Account,
    asks: list[Ask],
    chosen: List | None,
    manner: Manner,
    now: datetime,
) -> None:
    for ask in asks:
        row = take_in(account, ask.who, now)
        consents = row.consent()
        joins = chosen is not None and not manner.double
        for plain in ask.wishes:
            named = chosen.id if chosen else None
            wish = attrs.evolve(plain, list=named, double=manner.double)
            before = consents.of(wish.channel)
            at = wish.consented_at
            out = before.state is State.UNSUBSCRIBED and before.at is not None
            if manner.double:
                consents.wait(wish, now)
            elif manner.ignore and out and at is not None and before.at and at < before.at:
                consents.ignore(wish, now)
                joins = False
            else:
                consents.subscribe(wish, now)
                account.counts["subscribed"] += 1
        if joins and chosen is not None:
            chosen.members.setdefault(row.number, now)
