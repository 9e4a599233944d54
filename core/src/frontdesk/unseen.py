"""What is carried along but must not be seen by accident."""

from __future__ import annotations


class Unseen:
    """Bytes that no repr, log or traceback shows."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __repr__(self) -> str:
        return f"<{len(self.content)} bytes>"
