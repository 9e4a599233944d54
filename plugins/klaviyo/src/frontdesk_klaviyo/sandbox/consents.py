"""What one person agreed to, took back, and what suppresses them; with its course."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

MARKETING: Final = "email.marketing"
#: Suppressions that a subscription lifts.
LIFTED: Final = frozenset({"UNSUBSCRIBE", "SPAM_COMPLAINT", "USER_SUPPRESSED"})


class State(StrEnum):
    """What somebody said about a channel."""

    NEVER = "NEVER_SUBSCRIBED"
    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"


@attrs.frozen(kw_only=True)
class Change:
    """One step in the course of somebody's consents."""

    time: datetime
    #: ``email.marketing``, ``sms.marketing``, ...
    channel: str
    #: subscribed, pending, confirmed, unsubscribed, suppressed, unsuppressed, ignored
    kind: str
    #: When it was said, if the request told.
    consented_at: datetime | None = None
    list: str | None = None
    source: str | None = None


@attrs.frozen(kw_only=True)
class Consent:
    """How a channel stands."""

    state: State = State.NEVER
    at: datetime | None = None
    #: Whether the request told the time; else it is when the request was processed.
    stated: bool = False
    updated: datetime | None = None
    source: str | None = None
    double: bool = False


_NOTHING: Final = Consent()


@attrs.frozen(kw_only=True)
class Wish:
    """A subscription to one channel, as asked for."""

    channel: str
    consented_at: datetime | None = None
    list: str | None = None
    source: str | None = None
    double: bool = False


@attrs.define(eq=False)
class Consents:
    """The consents of one person."""

    channels: dict[str, Consent] = attrs.field(factory=dict[str, Consent])
    #: When each reason came up.
    suppressions: dict[str, datetime] = attrs.field(factory=dict[str, datetime])
    #: The same for single lists.
    list_suppressions: dict[str, datetime] = attrs.field(factory=dict[str, datetime])
    #: What waits for the person's confirmation.
    pending: list[Wish] = attrs.field(factory=list[Wish])
    history: list[Change] = attrs.field(factory=list[Change])

    def of(self, channel: str) -> Consent:
        """Tell how a channel stands."""
        return self.channels.get(channel, _NOTHING)

    @property
    def can_receive_email(self) -> bool:
        """Whether marketing e-mail goes out to the person."""
        return not self.suppressions

    def wait(self, wish: Wish, now: datetime) -> None:
        """Keep a subscription until it is confirmed."""
        self.pending = [one for one in self.pending if one.channel != wish.channel] + [wish]
        self._note(wish, "pending", now)

    def subscribe(self, wish: Wish, now: datetime, *, kind: str = "subscribed") -> None:
        """Let a subscription take effect; it lifts what can be lifted."""
        self.channels[wish.channel] = Consent(
            state=State.SUBSCRIBED,
            at=wish.consented_at or now,
            stated=wish.consented_at is not None,
            updated=now,
            source=wish.source,
            double=wish.double,
        )
        if wish.channel == MARKETING:
            for reason in LIFTED & self.suppressions.keys():
                del self.suppressions[reason]
            if wish.list is not None:
                self.list_suppressions.pop(wish.list, None)
        self._note(wish, kind, now)

    def ignore(self, wish: Wish, now: datetime) -> None:
        """Note a subscription that came to nothing."""
        self._note(wish, "ignored", now)

    def unsubscribe(self, channel: str, now: datetime, source: str | None = None) -> None:
        """Take a consent back, everywhere."""
        self.channels[channel] = Consent(
            state=State.UNSUBSCRIBED, at=now, updated=now, source=source
        )
        self.pending = [one for one in self.pending if one.channel != channel]
        if channel == MARKETING:
            self.suppressions["UNSUBSCRIBE"] = now
        self.history.append(Change(time=now, channel=channel, kind="unsubscribed", source=source))

    def leave(self, list_id: str, now: datetime) -> None:
        """Take the consent to one list back."""
        self.list_suppressions[list_id] = now
        change = Change(time=now, channel=MARKETING, kind="unsubscribed", list=list_id)
        self.history.append(change)

    def suppress(self, reason: str, now: datetime) -> None:
        """Suppress the address, whatever was said."""
        self.suppressions.setdefault(reason, now)
        change = Change(time=now, channel=MARKETING, kind="suppressed", source=reason)
        self.history.append(change)

    def unsuppress(self, now: datetime) -> bool:
        """Lift what was suppressed by hand; tell whether there was anything."""
        if self.suppressions.pop("USER_SUPPRESSED", None) is None:
            return False
        change = Change(time=now, channel=MARKETING, kind="unsuppressed", source="USER_SUPPRESSED")
        self.history.append(change)
        return True

    def _note(self, wish: Wish, kind: str, now: datetime) -> None:
        self.history.append(
            Change(
                time=now,
                channel=wish.channel,
                kind=kind,
                consented_at=wish.consented_at,
                list=wish.list,
                source=wish.source,
            )
        )
