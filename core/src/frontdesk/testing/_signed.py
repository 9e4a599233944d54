"""A genuine webhook delivery, and everything that is nearly one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from frontdesk.model import Delivery


@attrs.frozen
class Signed:
    """A genuine delivery.

    Args:
        header: The header that carries the signature, in lower case; or
        query: the parameter of the URL that does.
        settings: The settings under which it is genuine, secrets included.
        state: What ``manage_webhooks`` left behind, if anything.
        unsigned: Why the signature does not cover the body, if it does not.
    """

    delivery: Delivery
    header: str = attrs.field(default="", kw_only=True)
    query: str = attrs.field(default="", kw_only=True)
    settings: Mapping[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True, repr=False)
    state: Any = attrs.field(default=None, kw_only=True, repr=False)
    unsigned: str = attrs.field(default="", kw_only=True)

    @property
    def signature(self) -> str:
        """The signature."""
        carrier = self.delivery.headers if self.header else self.delivery.query
        return carrier[self.header or self.query]

    def with_signature(self, signature: str | None) -> Delivery:
        """Return the delivery with another signature, or with none."""
        name = self.header or self.query
        carrier = dict(self.delivery.headers if self.header else self.delivery.query)
        carrier.pop(name)
        if signature is not None:
            carrier[name] = signature
        changed: dict[str, Any] = {"headers" if self.header else "query": carrier}
        return attrs.evolve(self.delivery, **changed)

    def with_body(self, body: bytes) -> Delivery:
        """Return the delivery with another body."""
        return attrs.evolve(self.delivery, body=body)

    @property
    def forgeries(self) -> Iterator[tuple[str, Delivery]]:
        """Deliveries that differ in one bit of what is signed, and those without a signature."""
        yield "without a signature", self.with_signature(None)
        yield "with an empty signature", self.with_signature("")
        yield (
            "with half a signature",
            self.with_signature(self.signature[: len(self.signature) // 2]),
        )
        for place, bit, changed in _flipped(self.signature.encode()):
            text = changed.decode("latin-1")
            if not _same_hex(text, self.signature):
                yield (
                    f"with bit {bit} of the signature's byte {place} flipped",
                    self.with_signature(text),
                )
        if not self.unsigned:
            for place, bit, changed in _flipped(self.delivery.body):
                yield f"with bit {bit} of the body's byte {place} flipped", self.with_body(changed)


def _flipped(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    for place, byte in enumerate(content):
        for bit in range(8):
            yield place, bit, content[:place] + bytes([byte ^ (1 << bit)]) + content[place + 1 :]


def _same_hex(one: str, other: str) -> bool:
    """Tell whether two texts are the same number: its letters may be large or small."""
    return one.lower() == other.lower() and all(c in "0123456789abcdef" for c in one.lower())
