"""The nouns of delivery: what a destination is handed, and what it answers.

Core has resolved everything before: who a guest is, what counts of consents that
contradict each other, what is live and what is history. A destination only carries.
"""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from frontdesk import jsons
from frontdesk.model import Account, Channel, ConsentState, Json


class Load(enum.StrEnum):
    """What a batch carries; in the order in which batches are delivered."""

    OPT_OUTS = "opt-outs"
    PROFILES = "profiles"
    OPT_INS = "opt-ins"
    LIVE_EVENTS = "live events"
    HISTORY_EVENTS = "history events"


@attrs.frozen(kw_only=True)
class OutgoingProfile:
    """What a destination should know of one person, whichever guests it was put together of.

    Args:
        id: Names it in receipts; the same in every try.
        email: In lower case; the identifier where there is one.
        body: What is known, as JSON; see :attr:`attributes`.
        live: It changed just now; otherwise it is part of a history.
    """

    id: str
    email: str | None = attrs.field(default=None, repr=False)
    phone_number: str | None = attrs.field(default=None, repr=False)
    body: bytes = attrs.field(default=b"{}", repr=False)
    live: bool = False

    @property
    def attributes(self) -> dict[str, Json]:
        """What is known, by the names of :class:`~frontdesk.Profile`; read at each call.

        ``location`` and ``properties`` are objects. What is absent is not known and stays as it
        is; None (also inside of the two objects) clears what the destination was told before.
        """
        attributes: dict[str, Json] = jsons.decode(self.body)
        return attributes


@attrs.frozen(kw_only=True)
class OutgoingConsent:
    """What counts for one address and channel.

    Args:
        id: Names it in receipts; the same in every try.
        address: The e-mail address or E.164 number it speaks of.
        email: The person's e-mail address, where *address* is a number and one is known.
        at: When it was given, if that is known; of an opt-in of the past it always is.
        observed: *at* is when it was first seen, not when it was given.
        history: An opt-in of the past: nothing must be asked or sent because of it. Any other
            was given just now.
        subscribers: For an opt-in: the list it goes to.
        integration: The title of the connector that brought it.
        evidence: What the platform showed.
    """

    id: str
    channel: Channel
    state: ConsentState
    address: str = attrs.field(repr=False)
    email: str | None = attrs.field(default=None, repr=False)
    at: datetime | None = None
    observed: bool = False
    history: bool = False
    subscribers: str | None = None
    integration: str = ""
    evidence: str = ""


@attrs.frozen(kw_only=True)
class OutgoingEvent:
    """One event, with the identifier of whoever it belongs to.

    Args:
        id: The event's id in hexadecimal: 64 digits or fewer, the same in every try.
        email: In lower case; None where the person is known by phone only.
        phone_number: E.164; only where there is no e-mail address.
        integration: The title of the connector.
        site: The name of the property, centre, location or studio it happened at.
        body: Its properties as JSON, less what is withheld; an object.
        live: It may trigger something; otherwise it is history, and must not.
    """

    id: str
    metric: str
    time: datetime
    email: str | None = attrs.field(default=None, repr=False)
    phone_number: str | None = attrs.field(default=None, repr=False)
    value: Decimal | None = None
    currency: str | None = None
    integration: str = ""
    site: str = ""
    body: bytes = attrs.field(default=b"{}", repr=False)
    live: bool = False

    @property
    def properties(self) -> dict[str, Json]:
        """The properties, read; the same *body* is what core wrote."""
        properties: dict[str, Json] = jsons.decode(self.body)
        return properties


Item: TypeAlias = OutgoingProfile | OutgoingConsent | OutgoingEvent


@attrs.frozen
class Batch:
    """Items of one kind; written down before it is sent, and sent again as it is.

    Args:
        again: An earlier try may have arrived, all of it or a part.
    """

    load: Load
    items: tuple[Item, ...]
    again: bool = False


class Outcome(enum.StrEnum):
    """What a destination did with an item."""

    #: It took it. Whether it shows is the destination's matter.
    ACCEPTED = "accepted"
    #: It takes such items and throws them away.
    DROPPED = "dropped"
    #: It will not have it as it is.
    REFUSED = "refused"


@attrs.frozen
class Receipt:
    """What became of one item.

    Args:
        reason: Of what was not plainly accepted, in words for the operator: it names
            fields and limits, never a guest's data.
    """

    id: str
    outcome: Outcome = Outcome.ACCEPTED
    reason: str = ""


@attrs.frozen
class Subscription:
    """What a destination shows for an address and channel.

    Args:
        state: None where nobody ever said anything.
        at: When that came to be, if it tells.
        evidence: What it showed, in words that hold up when somebody asks.
    """

    state: ConsentState | None
    at: datetime | None = None
    evidence: str = ""


@attrs.frozen
class OptOut:
    """What a destination says of an address.

    Attributes:
        at: When it was given; None where the destination does not tell: then it stands
            against every opt-in given before it was learnt.
        evidence: What the destination showed.
    """

    channel: Channel
    address: str = attrs.field(repr=False)
    at: datetime | None
    evidence: str


@attrs.frozen
class OptOuts:
    """A page of opt-outs, and the cursor that goes on behind it.

    Args:
        cursor: JSON that only the destination plugin reads; going on from it is harmless.
    """

    said: tuple[OptOut, ...]
    cursor: Json = None


@attrs.frozen
class DeliveryContext:
    """What a destination plugin may know besides the batch.

    Args:
        settings: The destination's settings with secrets blanked.
        account: The account that was reached.
        now: When the batch is sent.
    """

    settings: Any
    account: Account
    now: datetime
