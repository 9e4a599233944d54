"""What happened in the world since it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Generic, Protocol, TypeVar

#: A demo may play for days; the journal remembers this much of it.
LONGEST: Final = 100_000


class Numbered(Protocol):
    """An action, as far as the journal looks at it."""

    @property
    def number(self) -> int:
        """Which of all actions it is, from 1."""
        ...


A = TypeVar("A", bound=Numbered)


class Journal(Generic[A]):
    """Keeps the latest actions and tells whoever listens, such as a sender of webhooks.

    A platform's adds ``write``, which makes an action of its kind.
    """

    def __init__(self) -> None:
        self._actions: deque[A] = deque(maxlen=LONGEST)
        self._written = 0
        self.listeners: list[Callable[..., None]] = []

    def __iter__(self) -> Iterator[A]:
        return iter(tuple(self._actions))

    def __len__(self) -> int:
        return len(self._actions)

    def number(self) -> int:
        """Count the next action."""
        self._written += 1
        return self._written

    def keep(self, action: A) -> None:
        """Remember an action."""
        self._actions.append(action)

    def tell(self, *news: object) -> None:
        """Tell whoever listens."""
        for listener in self.listeners:
            listener(*news)

    def since(self, number: int) -> list[A]:
        """List the actions after a numbered one."""
        return [action for action in self._actions if action.number > number]
