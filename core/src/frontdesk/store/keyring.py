"""The keys that secrets obtained at run time are encrypted with."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from frontdesk.errors import ConfigurationError, SettingsError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet

#: Where keys come from unless something else is configured.
VARIABLE: Final = "FRONTDESK_KEY"
_LENGTH: Final = 32


class UnreadableError(Exception):
    """None of the keys fits; the caller knows what it is that cannot be read."""


class Keyring:
    """Keys in the order of preference: the first encrypts, all of them decrypt.

    Args:
        keys: One text or several; each may hold several keys, parted by space or commas.
        where: What to call their place in errors.

    Raises:
        SettingsError: One of them is no key; it is not quoted.
    """

    def __init__(self, keys: str | Iterable[str] = (), where: str = "key") -> None:
        texts = (keys,) if isinstance(keys, str) else tuple(keys)
        self._keys = tuple(key for text in texts for key in re.split(r"[\s,]+", text) if key)
        if not all(map(_is_key, self._keys)):
            raise SettingsError(f"{where} is not a key; make one with: frontdesk store key")

    def __repr__(self) -> str:
        return f"<Keyring of {len(self._keys)}>"

    def __bool__(self) -> bool:
        return bool(self._keys)

    def refuse_without_key(self) -> None:
        """Refuse what would obtain a secret that could not be kept.

        Raises:
            ConfigurationError: There is no key, or its library is not installed.
        """
        if not self._keys:
            raise ConfigurationError(
                "a secret obtained at run time cannot be kept: there is no key to encrypt it with; "
                f"make one with: frontdesk store key, and put it into {VARIABLE} or [store] key"
            )
        _library()

    def seal(self, text: bytes) -> bytes:
        """Encrypt with the first key.

        Raises:
            ConfigurationError: There is no key, or its library is not installed.
        """
        self.refuse_without_key()
        return self._first.encrypt(text)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt with whichever key fits.

        Raises:
            UnreadableError: None does.
        """
        return _open(self._all, sealed)

    def is_newest(self, sealed: bytes) -> bool:
        """Tell whether the first key fits."""
        try:
            _open(self._first, sealed)
        except UnreadableError:
            return False
        return True

    @cached_property
    def _first(self) -> Fernet:
        first: Fernet = _library().Fernet(self._keys[0])
        return first

    @cached_property
    def _all(self) -> MultiFernet:
        library = _library()
        made: MultiFernet = library.MultiFernet([library.Fernet(key) for key in self._keys])
        return made


def new_key() -> str:
    """Return a fresh key.

    Raises:
        ConfigurationError: The library for it is not installed.
    """
    made: bytes = _library().Fernet.generate_key()
    return made.decode()


def _open(box: Fernet | MultiFernet, sealed: bytes) -> bytes:
    try:
        return box.decrypt(sealed)
    except _library().InvalidToken:
        raise UnreadableError from None


def _library() -> Any:
    """Return the library; it is large and few connectors need it, so it is an extra."""
    try:
        from cryptography import fernet  # noqa: PLC0415  # imported by whoever needs it
    except ImportError:
        raise ConfigurationError(
            "secrets obtained at run time need a library; try: pip install 'frontdesk[secrets]'"
        ) from None
    return fernet


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == _LENGTH
    except (binascii.Error, ValueError):
        return False
