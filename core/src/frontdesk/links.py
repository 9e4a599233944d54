"""The URLs that platforms are given."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError


def webhook_url(connection: Connection, public: str | None, *, reveal: bool) -> str:
    """Return where the platform of a connection sends its webhooks.

    Args:
        public: How this machine is reached from outside.
        reveal: Show the secrets that are part of it.

    Raises:
        ConfigurationError: It takes no webhooks, or nobody said how this machine is reached.
    """
    name = connection.name
    if "read_webhook" not in connection.hooks.has:
        raise ConfigurationError(f"{connection.manifest.title} sends no webhooks; it is polled")
    if public is None:
        raise ConfigurationError(
            "how is this machine reached from outside? "
            'write: [service] public_url = "https://hooks.example.com"'
        )
    shared = "route_webhook" in connection.hooks.has
    place = f"at/{connection.connector.name}" if shared else quote(name, safe="")
    query: dict[str, str] = {}
    for key, setting in connection.manifest.webhook_query.items():
        value = str(getattr(connection.settings, setting) or "")
        if not value:
            raise ConfigurationError(
                f"connections.{name}: the URL needs {setting}; choose a long random word for it"
            )
        query[key] = value if reveal else "***"
    tail = f"?{urlencode(query, safe='*')}" if query else ""
    return f"{public.rstrip('/')}/webhooks/{place}{tail}"
