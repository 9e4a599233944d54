"""Identities that need not be remembered: each carries its own number."""

from __future__ import annotations

import hashlib
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHORT: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_LONG: Final = 26
_TAIL: Final = 12


def digest(*parts: str) -> bytes:
    """Mix texts into sixteen bytes."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()


def _letters(number: int, length: int) -> str:
    found: list[str] = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        found.append(_ALPHABET[rest])
    return "".join(reversed(found))


class Long:
    """Identities of 26 letters, as profiles, events and jobs have them."""

    def __init__(self, seed: str, kind: str) -> None:
        mixed = int.from_bytes(digest(seed, kind), "big")
        self._head = "01" + _letters(mixed, _LONG - _TAIL - 2)

    def of(self, number: int) -> str:
        """Give the identity of a number."""
        return f"{self._head}{number:0{_TAIL}X}"

    def number(self, identity: str) -> int | None:
        """Give the number of an identity; None if it is not one of these."""
        if len(identity) != _LONG or not identity.startswith(self._head):
            return None
        try:
            return int(identity[-_TAIL:], 16)
        except ValueError:
            return None


def short(seed: str, kind: str, number: int) -> str:
    """Give an identity of six letters, as lists and metrics have them."""
    mixed = int.from_bytes(digest(seed, kind, str(number)), "big")
    found = []
    for _ in range(6):
        mixed, rest = divmod(mixed, len(_SHORT))
        found.append(_SHORT[rest])
    return "".join(found)
