"""What people do themselves: click a link in a message, sign up in a form, mark spam."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.consents import MARKETING, Wish
from frontdesk_klaviyo.sandbox.people import Who, take_in
from frontdesk_klaviyo.sandbox.profiles import Profile

Reason = Literal["HARD_BOUNCE", "INVALID_EMAIL", "SPAM_COMPLAINT", "USER_SUPPRESSED"]
_BY_HAND: Final = "by the person"


def confirm(account: Account, who: str, now: datetime) -> int:
    """Let somebody click the links in the messages that ask for a confirmation."""
    row = account.profiles.get(who)
    if row is None or row.consents is None:
        return 0
    waiting, row.consents.pending = row.consents.pending, []
    for wish in waiting:
        _subscribe(account, row, wish, now, kind="confirmed")
    return len(waiting)


def opt_in(account: Account, who: str, now: datetime, list_id: str | None = None) -> None:
    """Let somebody sign up for e-mail in a form, already confirmed."""
    wish = Wish(channel=MARKETING, list=list_id, source=_BY_HAND)
    _subscribe(account, _person(account, who, now), wish, now, kind="subscribed")


def opt_out(account: Account, who: str, now: datetime, channel: str = MARKETING) -> None:
    """Let somebody unsubscribe by the link in a message."""
    _person(account, who, now).consent().unsubscribe(channel, now, _BY_HAND)
    account.counts["unsubscribed"] += 1


def suppress(account: Account, who: str, now: datetime, reason: Reason) -> None:
    """Let an address bounce, somebody complain, or a marketer suppress them."""
    _person(account, who, now).consent().suppress(reason, now)
    account.counts["suppressed"] += 1


def _person(account: Account, who: str, now: datetime) -> Profile:
    found = account.profiles.get(who)
    name = "email" if "@" in who else "phone_number"
    return found or take_in(account, Who(None, {name: who.lower()}), now)


def _subscribe(account: Account, row: Profile, wish: Wish, now: datetime, *, kind: str) -> None:
    row.consent().subscribe(wish, now, kind=kind)
    account.counts["subscribed"] += 1
    found = account.lists.by_id(wish.list) if wish.list else None
    if found is not None:
        found.members.setdefault(row.number, now)
