"""Invented clients of every kind: unreachable ones, merged ones, families with one address."""

from __future__ import annotations

from random import Random
from typing import Final

from frontdesk.sandbox.chance import DAY, covering, happens, pick, spread
from frontdesk_boulevard.sandbox import ids, names
from frontdesk_boulevard.sandbox.clock import moment
from frontdesk_boulevard.sandbox.house_rows import Tag
from frontdesk_boulevard.sandbox.rows import Client, Setting

KINDS: Final = {
    "plain": 62,
    "no_phone": 8,
    "no_email": 9,
    "unreachable": 3,
    "messy": 2,
    "family": 4,
    "hostile": 2,
    "nameless": 1,
    "inactive": 4,
    "merged": 4,
}
#: E-mail, text message, notification of the app.
_WISHES: Final = spread(
    {
        (True, True, True): 26,
        (True, False, False): 18,
        (True, False, True): 8,
        (False, True, False): 6,
        (False, False, False): 42,
    }
)
_REMINDERS: Final = spread({(True, True, False): 60, (True, False, True): 25, (False,) * 3: 15})
#: Of every so many-th client nothing is known at all.
_SILENT: Final = 50
MARKETING, REMINDER = "MARKETING", "APPOINTMENT_REMINDER"


class Registry:
    """Makes clients."""

    def __init__(self, rng: Random, tags: list[Tag], *, wished: bool, shared: bool) -> None:
        self._rng = rng
        self._tags = [tag.id for tag in tags]
        #: What a new client's marketing settings say before anybody was asked.
        self._wished = wished
        #: Who was merged into somebody else.
        self._merged: list[str] = []
        self._kinds = {kind: n for kind, n in KINDS.items() if shared or kind != "family"}

    def build(self, earliest: list[float], now: float) -> list[Client]:
        """Make the first clients, each a little older than the first booking."""
        rng = self._rng
        found: list[Client] = []
        kinds = covering(rng, self._kinds, len(earliest))
        for number, (kind, first) in enumerate(zip(kinds, earliest, strict=True)):
            created = first - 1 - rng.random() * (0 if number % 3 else 30 * DAY)
            updated = created + rng.random() ** 3 * (now - created)
            found.append(self.make(number, kind, created, updated, found))
        return found

    def make(
        self, number: int, kind: str, created: float, updated: float, others: list[Client]
    ) -> Client:
        """Make one client of a kind."""
        client = self._person(number, created, updated)
        _shape(self._rng, client, kind, others)
        if kind == "merged" and others:
            client.active, client.merged_into_client_id = False, self._survivor(others)
            self._merged.append(client.id)
        return client

    def _survivor(self, others: list[Client]) -> str:
        """Choose an earlier client to be merged into: chains are possible, circles are not."""
        # The second one goes into the first, so that there is a chain.
        return self._merged[0] if len(self._merged) == 1 else pick(self._rng, others).id

    def fresh(self, number: int, now: float) -> Client:
        """Make a client who has just come in and was not asked anything yet."""
        client = self._person(number, now, now)
        wish = (self._wished,) * 3
        client.marketing_settings = settings(MARKETING, wish, number)
        client.tag_ids = ()
        return client

    def _person(self, number: int, created: float, updated: float) -> Client:
        rng = self._rng
        (first, first_ascii), (last, last_ascii) = pick(rng, names.FIRST), pick(rng, names.LAST)
        domain = names.DOMAINS[number % 7 == 0]
        return Client(
            id=ids.new(rng, "Client"),
            created_at=moment(created),
            updated_at=moment(updated),
            external_id=f"crm-{number}" if number % 5 == 0 else None,
            first_name=first,
            last_name=last,
            email=f"{first_ascii}.{last_ascii}{number}@{domain}",
            mobile_phone=phone(number),
            dob=self._birthday() if number % 3 else None,
            pronoun=pick(rng, names.PRONOUNS) if number % 6 == 0 else None,
            current_account_balance=int(rng.random() * 5_000) if number % 9 == 0 else 0,
            has_card_on_file=happens(rng, 0.5),
            tag_ids=self._stuck(),
            marketing_settings=settings(MARKETING, pick(rng, _WISHES), number),
            reminder_settings=settings(REMINDER, pick(rng, _REMINDERS), number + 1),
        )

    def _stuck(self) -> tuple[str, ...]:
        if happens(self._rng, 0.6):
            return ()
        return tuple(self._rng.sample(self._tags, 1 + int(self._rng.random() * 2)))

    def _birthday(self) -> str:
        year, month = 1940 + int(self._rng.random() * 65), 1 + int(self._rng.random() * 12)
        return f"{year}-{month:02d}-{1 + int(self._rng.random() * 28):02d}"


def phone(number: int) -> str:
    """Give a number of those reserved for fiction, in E.164; each belongs to one client."""
    return f"+1{212 + number // 100 % 780}55501{number % 100:02d}"


def settings(purpose: str, wish: tuple[bool, ...], number: int) -> tuple[Setting, ...]:
    """List the settings of a purpose; the other's may come along, before or behind."""
    email, sms, push = wish
    own = Setting(purpose, email, sms, push)
    other = Setting(REMINDER if purpose == MARKETING else MARKETING, not email, not sms, not push)
    if number % 3 == 0:
        return (own, other) if number % 2 else (other, own)
    return (own,) if (number + 1) % _SILENT else ()


def _shape(rng: Random, client: Client, kind: str, others: list[Client]) -> None:
    if kind in {"no_phone", "unreachable"}:
        client.mobile_phone = None
    if kind in {"no_email", "unreachable"}:
        client.email = None
    if kind == "messy":
        client.mobile_phone, client.email = (
            pick(rng, names.MESSY_PHONES),
            pick(rng, names.MESSY_EMAILS),
        )
    elif kind == "hostile":
        client.first_name, client.last_name = pick(rng, names.HOSTILE)
    elif kind == "nameless":
        client.first_name = client.last_name = client.dob = None
    elif kind == "family" and others:
        client.email = pick(rng, others).email
    elif kind == "inactive":
        client.active = False
