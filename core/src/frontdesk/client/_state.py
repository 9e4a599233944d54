"""Secrets a connector obtained at run time: refreshed tokens, keys of webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from frontdesk.errors import ConfigurationError
from frontdesk.model import Json


class Keeper(Protocol):
    """Where core keeps secrets: encrypted, each in a transaction of its own."""

    def refuse_without_key(self) -> None:
        """Raise :class:`~frontdesk.errors.ConfigurationError` if nothing can be kept."""
        ...

    async def keep(
        self, name: str, value: Json, *, expires: datetime | None, lasting: bool
    ) -> None:
        """Keep a secret; it is durable when this returns."""
        ...


class State(Mapping[str, Json]):
    """What is kept for a connection, by name: read it like a mapping, add with :meth:`keep`.

    A strategy that signs requests is handed it: ``authenticate(settings, state)``.
    """

    def __init__(
        self, secrets: Mapping[str, Json] | None = None, keeper: Keeper | None = None
    ) -> None:
        self._secrets = dict(secrets or {})
        self._keeper = keeper
        self._watchers: list[Callable[[Json], None]] = []

    def __getitem__(self, name: str) -> Json:
        return self._secrets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets)

    def __len__(self) -> int:
        return len(self._secrets)

    def __repr__(self) -> str:
        return f"<State of {', '.join(sorted(self._secrets)) or 'nothing'}>"

    def refuse_without_key(self) -> None:
        """Refuse if :meth:`keep` would; ask before the platform is told to make a new secret.

        Raises:
            ConfigurationError: There is no key to encrypt with.
        """
        if self._keeper is None:
            raise ConfigurationError(
                "a secret obtained at run time cannot be kept: this client has no store behind it"
            )
        self._keeper.refuse_without_key()

    async def keep(
        self,
        name: str,
        value: Json,
        *,
        expires: datetime | None = None,
        lasting: bool = False,
    ) -> None:
        """Keep a secret, encrypted; once this returns, no crash can lose it.

        Args:
            value: Any JSON; what belongs together is best kept under one name. None
                removes what there is.
            expires: When the platform will no longer take it, if that is known. It is
                stored in the clear, so that the end can be announced without the key.
            lasting: It is the account's, as a webhook's key is. Any other is good only with
                the configured secrets it was obtained with: whoever puts in new ones wants
                those to be used.

        Raises:
            ConfigurationError: There is no key to encrypt with, or it fits nothing.
        """
        # Kept or not, it must appear nowhere.
        self._show(value)
        self.refuse_without_key()
        if self._keeper is not None:
            await self._keeper.keep(name, value, expires=expires, lasting=lasting)
        if value is None:
            self._secrets.pop(name, None)
        else:
            self._secrets[name] = value

    def learn(self, secrets: Mapping[str, Json]) -> None:
        """Take *secrets* for what there is; core does so once the account is open."""
        self._secrets = dict(secrets)
        for value in secrets.values():
            self._show(value)

    def watch(self, watcher: Callable[[Json], None]) -> None:
        """Show *watcher* every value there is and will be, to keep it out of messages."""
        self._watchers.append(watcher)
        for value in self._secrets.values():
            watcher(value)

    def _show(self, value: Json) -> None:
        for watcher in self._watchers:
            watcher(value)
