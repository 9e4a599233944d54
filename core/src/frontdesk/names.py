"""Names as they are looked for."""

from __future__ import annotations

import unicodedata


def folded(name: str | None) -> str | None:
    """Return a name without case, accents and spare space; None if nothing is left."""
    if name is None:
        return None
    if name.isascii():
        return " ".join(name.lower().split()) or None
    plain = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(bare.split()) or None
