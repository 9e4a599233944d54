"""Guests: with and without an address, virtual ones, merged ones, deleted ones."""

from __future__ import annotations

from random import Random
from typing import Final

from frontdesk.sandbox.chance import DAY, covering, happens, pick, uuid
from frontdesk_zenoti.sandbox import names
from frontdesk_zenoti.sandbox.rows import Center, Guest, Preferences

#: Kinds and their shares; the first guest is always a plain one.
KINDS: Final = {
    "plain": 640,
    "silent": 90,
    "unreachable": 30,
    "messy": 40,
    "quiet": 80,
    "family": 30,
    "virtual": 30,
    "merged": 30,
    "deleted": 30,
}
_ALL: Final = Preferences()
_ASKED: Final = Preferences(optin=1, whatsapp_optin=6)
_SOME: Final = Preferences(marketing_sms=False, optin=1)
_NONE: Final = Preferences(marketing_email=False, marketing_sms=False, optin=6)


def build(rng: Random, centers: list[Center], count: int, now: int) -> list[Guest]:
    """Make all first guests."""
    kinds = covering(rng, KINDS, count)
    made = [
        make(rng, kind, number, centers[number * len(centers) // count], now)
        for number, kind in enumerate(kinds)
    ]
    whole = [guest for guest, kind in zip(made, kinds, strict=True) if kind == "plain"]
    for guest, kind in zip(made, kinds, strict=True):
        if kind == "family":
            # One address belongs to several people.
            guest.email = whole[0].email
        elif kind == "merged":
            guest.merged_into = pick(rng, whole).id
    return made


def make(rng: Random, kind: str, number: int, home: Center, now: int) -> Guest:
    """Make a guest of a kind; *now* is the latest time at which it can have been made."""
    first, plain_first, gender = pick(rng, names.FIRST)
    last, plain_last = pick(rng, names.LAST)
    country = names.COUNTRIES.index(home.country)
    created = now - int(rng.random() * 3 * 365 * DAY)
    year = 1940 + int(rng.random() * 65)
    guest = Guest(
        id=uuid(rng),
        number=600_000 + number,
        code=f"{home.code}{number:05d}",
        center=home.number,
        created=created,
        updated=created + int((now - created) * rng.random()),
        first=first,
        last=last,
        email=f"{plain_first}.{plain_last}{number}@{pick(rng, names.DOMAINS)}",
        gender=gender,
        country=country,
        phone=home.country[4].format(number % 1000),
        dialled=happens(rng, 0.7),
        birth=f"{year}-{1 + number % 12:02d}-{1 + number % 28:02d}" if number % 3 else None,
        partial_birth=None,
        tags=tuple(rng.sample(names.TAGS, number % 3)),
        preferences=pick(rng, (_ALL, _ALL, _ASKED, _SOME)),
    )
    _shape(rng, guest, kind, number)
    return guest


def _shape(rng: Random, guest: Guest, kind: str, number: int) -> None:
    if kind in {"silent", "unreachable"}:
        guest.email = ""
    if kind == "unreachable":
        guest.phone = ""
    elif kind == "messy":
        guest.phone = pick(rng, names.MESSY_PHONES)
        guest.email = guest.email.upper().replace("@", " @") if number % 2 else guest.email
        guest.birth = names.LONG_AGO[:10]
    elif kind == "quiet":
        guest.preferences = _NONE
        guest.birth, guest.partial_birth = None, f"{1 + number % 12}/{1 + number % 28}"
    elif kind == "virtual":
        guest.virtual, guest.first, guest.last = True, "Guest", f"{number % 4 + 1}"
        guest.email = guest.phone = ""
        guest.birth, guest.tags = None, ()
    elif kind in {"merged", "deleted"}:
        guest.deleted = True
