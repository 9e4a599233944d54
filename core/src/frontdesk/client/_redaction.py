"""What may be shown of a request and of the platform's reason, without secrets or guests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, cast
from urllib.parse import quote, quote_plus, unquote

import attrs
import msgspec

from frontdesk import jsons
from frontdesk.model import Json

#: What stands for what is not shown.
MASK: Final = "***"

_EMAIL: Final = re.compile(r"[^\s@<>\"'(),;:/]+@[^\s@<>\"'(),;:/]+")
_PHONE: Final = re.compile(r"\+?\d(?:[\s().\-/]{0,3}\d){5,}")
# Long runs with a digit in them are keys, tokens or ids; tokens that were obtained at run
# time and not kept stand nowhere, so they are known by their looks alone.
_TOKEN: Final = re.compile(r"(?=[^\s\"']{0,80}\d)[A-Za-z0-9_\-+/=.~]{20,}")
_QUOTED: Final = re.compile(r"(?<!\w)'[^']*'|\"[^\"]*\"|`[^`]*`")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:;=|+/\-]{1,120}", re.ASCII)

_URL: Final = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
# Shorter values of a query are numbers of pages and the like, and common in any text.
_ECHO: Final = 4

# A secret shorter than this is a placeholder; masking it would spoil every word.
_SECRET: Final = 6

_REASONS: Final = ("Message", "message", "error")
# A reason longer than this is left out rather than cut: a cut may leave half a secret, and
# the patterns above must not be let loose on megabytes.
_LONGEST: Final = 2000
_SHOWN: Final = 200


class Redactor:
    """Knows the secrets of one connection, to keep them out of what people read."""

    def __init__(self, settings: object) -> None:
        self._known = {s for v in _secrets(settings) for s in _spellings(v)}
        self._secret = _any_of(self._known)

    def hide(self, value: Json) -> None:
        """Keep a secret obtained at run time out of what people read as well."""
        self._known |= {s for v in _texts(value) if len(v) >= _SECRET for s in _spellings(v)}
        self._secret = _any_of(self._known)

    def path(self, path: str) -> str:
        """Return *path* without its query, secrets and addresses."""
        bare = re.split(r"[?#]", path, maxsplit=1)[0][:_LONGEST]
        return _visible(_EMAIL.sub(MASK, self._without_secrets(unquote(bare))))[:_SHOWN]

    def request_id(self, value: str | None) -> str | None:
        """Return *value* if it looks like nothing but an id."""
        if value is None or not _REQUEST_ID.fullmatch(value):
            return None
        return value if self._without_secrets(value) == value else None

    def reason(self, body: bytes, sent: Iterable[str] = ()) -> str | None:
        """Return the reason that an error's *body* gives, masked and cut, if it gives one.

        Args:
            sent: Values that the platform may echo: of the query and of headers.
        """
        try:
            content = jsons.decode(body)
        except msgspec.DecodeError:
            return None
        if not isinstance(content, dict):
            return None
        fields = cast("dict[str, Json]", content)
        text = next((fields[name] for name in _REASONS if fields.get(name)), _detail(fields))
        if not isinstance(text, str) or len(text) > _LONGEST:
            return None
        return self._masked(text, sent)

    def shown(self, text: str) -> str:
        """Return *text*, as a platform wrote it, masked and cut."""
        return self._masked(text, ()) if len(text) <= _LONGEST else ""

    def _masked(self, text: str, sent: Iterable[str]) -> str:
        # An echoed URL comes percent-encoded, where no pattern would know an address.
        masked = self._without_secrets(unquote(self._without_secrets(text)))
        if echo := _any_of(value for value in sent if len(value) >= _ECHO):
            masked = echo.sub(MASK, masked)
        for pattern in (_URL, _EMAIL, _TOKEN, _PHONE):
            masked = pattern.sub(MASK, masked)
        return _visible(masked)[:_SHOWN]

    def _without_secrets(self, text: str) -> str:
        return text if self._secret is None else self._secret.sub(MASK, text)


def _detail(fields: dict[str, Json]) -> Json:
    """Return what the first error of a JSON:API answer says, less what it quotes: it may be
    a value of the body, such as a guest's name.
    """
    errors = fields.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    detail = cast("dict[str, Json]", first).get("detail") if isinstance(first, dict) else None
    return _QUOTED.sub(MASK, detail) if isinstance(detail, str) else None


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    # The longest first: one text may be the beginning of another.
    pattern = "|".join(re.escape(text) for text in sorted(set(texts), key=len, reverse=True))
    return re.compile(pattern, re.IGNORECASE) if pattern else None


def _secrets(settings: object) -> Iterator[str]:
    kind = type(settings)
    if not attrs.has(kind):
        return
    for field in attrs.fields(kind):
        value = getattr(settings, field.name)
        if field.metadata.get("secret") and value is not None and len(str(value)) >= _SECRET:
            yield str(value)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in value.values() for text in _texts(inner))
    elif isinstance(value, list | tuple):
        yield from (text for inner in value for text in _texts(inner))


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret, safe=""), quote_plus(secret))
    # A key pasted with a line break at its end is sent, and quoted, without it.
    if bare := secret.strip():
        yield bare


def _visible(text: str) -> str:
    """Return *text* on one line, without what would steer a terminal."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())
