"""Telling somebody when a state changes, or a connection's credentials will end soon.

What was told last stands in the store, so that each change is told once, whichever process
saw it, and again if telling failed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any, Final

import attrs
import httpx

from frontdesk import jsons
from frontdesk.client import Clock
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError, StoreError
from frontdesk.servicing import AlertSettings, Mail
from frontdesk.store import Store, announcing, states
from frontdesk.store.states import CONNECTIONS
from frontdesk.wire import time_json

_log = logging.getLogger("frontdesk")

#: Seconds between two looks.
LOOK: Final = 15.0
#: How long before credentials end somebody is told.
AHEAD: Final = timedelta(days=30)
_PATIENCE: Final = 20.0


@attrs.frozen
class Alert:
    """A change somebody should know of. It speaks of connections or destinations, never of guests.

    Args:
        plugin: The connector, or the destination plugin.
        word: What *name* is the name of.
    """

    name: str
    plugin: str
    state: str
    reason: str
    since: datetime
    todo: str
    word: str = CONNECTIONS.word

    @property
    def title(self) -> str:
        """One line that says it."""
        return f"frontdesk: {self.name} {self.state}"

    def text(self) -> str:
        """Return it as a mail says it."""
        since = f"{self.since:%Y-%m-%d %H:%M} UTC"
        lines = [f"{self.name} ({self.plugin}): {self.state} since {since}"]
        if self.reason:
            lines.append(f"Why: {self.reason}")
        if self.todo:
            lines.append(f"What to do: {self.todo}")
        return "\n".join(lines) + "\n"

    def json(self) -> dict[str, Any]:
        """Return it as a URL is told."""
        values: dict[str, Any] = attrs.asdict(self)
        name, plugin, word = (values.pop(one) for one in ("name", "plugin", "word"))
        kind = "connector" if word == CONNECTIONS.word else "plugin"
        return {word: name, kind: plugin, **values, "since": time_json(self.since)}


@attrs.frozen(eq=False)
class Alerter:
    """Looks at states again and again, and tells each change."""

    store: Store
    clock: Clock
    connections: Mapping[str, Connection]
    settings: AlertSettings
    transport: httpx.AsyncBaseTransport | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                _log.warning("alerts cannot be looked up: %s", error)
            await self.clock.sleep(LOOK)

    async def look(self) -> None:
        """Tell what changed since it was told last."""
        for change in await self.store.read(announcing.unannounced):
            todo = states.what_to_do(change.name, change.state)
            alert = Alert(
                change.name,
                change.plugin,
                change.state,
                change.reason,
                change.since,
                todo,
                change.of.word,
            )
            if await self._tell(alert):
                await self.store.write(partial(announcing.announce, change=change))
        for connection in self.connections.values():
            if connection.key_expires is not None:
                await self._look_at_key(connection, connection.key_expires)

    async def _look_at_key(self, connection: Connection, ends: date) -> None:
        now, end = self.clock.now(), datetime(ends.year, ends.month, ends.day, tzinfo=UTC)
        name, mark = connection.name, ends.isoformat()
        if end - now > AHEAD:
            return
        if await self.store.read(partial(announcing.told_expiry, name=name)) in {mark, ""}:
            return
        alert = Alert(
            name,
            connection.connector.name,
            "key expires",
            f"its credentials {'ended' if end <= now else 'will end'} on {mark}",
            now,
            "get new ones from the platform, put them into the configuration, and change "
            "key_expires there",
        )
        if await self._tell(alert):
            await self.store.write(partial(announcing.note_expiry, name=name, mark=mark))

    async def _tell(self, alert: Alert) -> bool:
        """Tell it by all ways there are; return whether one of them worked."""
        told = False
        if self.settings.url is not None:
            told |= await self._post(self.settings.url, alert)
        if self.settings.mail is not None:
            told |= await self._mail(self.settings.mail, alert)
        return told

    async def _post(self, url: str, alert: Alert) -> bool:
        try:
            async with httpx.AsyncClient(
                transport=self.transport, timeout=_PATIENCE, trust_env=False
            ) as client:
                answer = await client.post(
                    url,
                    content=jsons.encode(alert.json()),
                    headers={"content-type": "application/json"},
                )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Its text may quote the URL.
            _log.warning("an alert could not be posted: %s", type(error).__name__)
            return False
        if answer.is_success:
            return True
        _log.warning("an alert could not be posted: status %d", answer.status_code)
        return False

    async def _mail(self, mail: Mail, alert: Alert) -> bool:
        try:
            import aiosmtplib  # noqa: PLC0415  # an extra
        except ImportError:
            raise ConfigurationError(
                "alerts by mail need a library; try: pip install 'frontdesk[mail]'"
            ) from None
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = mail.sender, mail.to, alert.title
        message.set_content(alert.text())
        try:
            await aiosmtplib.send(
                message,
                hostname=mail.host,
                port=mail.port,
                username=mail.user,
                password=mail.password,
                use_tls=mail.tls,
                timeout=_PATIENCE,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            _log.warning("an alert could not be mailed: %s", type(error).__name__)
            return False
        return True
