"""``frontdesk.toml``: where the store is, which connections and destinations there are."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from frontdesk.errors import ConfigurationError, SettingsError
from frontdesk.servicing import AlertSettings, ServiceSettings
from frontdesk.settings import structure

DEFAULT: Final = "frontdesk.toml"
_TABLES: Final = ("store", "connections", "destinations", "service", "alerts")
_OF_A_STORE: Final = ("url", "key")
#: Tables of a connection or destination that are no secrets.
_PLAIN_TABLES: Final = ("polling", "subscribers")
_SEVERAL: Final = 2
#: Words of ``Desk.connect`` that are no settings.
_NO_SETTINGS: Final = ("name", "wrappers", "transport")


@attrs.frozen
class ConnectionConfig:
    """One ``[connections.<name>]`` table: its settings, secrets read."""

    name: str
    connector: str
    brand: str
    settings: Mapping[str, Any] = attrs.field(repr=False)


@attrs.frozen
class DestinationConfig:
    """One ``[destinations.<name>]`` table: its settings, secrets read."""

    name: str
    plugin: str
    brand: str
    settings: Mapping[str, Any] = attrs.field(repr=False)


@attrs.frozen
class Config:
    """A configuration file, read and checked."""

    store: str
    connections: tuple[ConnectionConfig, ...] = ()
    destinations: tuple[DestinationConfig, ...] = ()
    service: ServiceSettings = attrs.field(factory=ServiceSettings)
    alerts: AlertSettings = attrs.field(factory=AlertSettings, repr=False)
    #: What secrets obtained at run time are encrypted with; None: nothing is said of it.
    key: tuple[str, ...] | None = attrs.field(default=None, repr=False)


def find(asked: Path | None) -> Path | None:
    """Return the file to use: the one asked for, ``FRONTDESK_CONFIG``, or the default."""
    if asked is not None:
        return asked
    named = os.environ.get("FRONTDESK_CONFIG")
    if named:
        return Path(named)
    return Path(DEFAULT) if Path(DEFAULT).exists() else None


def read(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigurationError: It is missing, is no TOML, or has a table nobody knows.
        SettingsError: A value is of the wrong kind, or a secret cannot be found.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no {str(path)!r}; write one with: frontdesk init CONNECTOR"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{str(path)!r} is no valid TOML: {error}") from None
    _refuse_unknown(str(path), tables, _TABLES)
    store = _table(tables, "store")
    _refuse_unknown("[store]", store, _OF_A_STORE)
    url = _resolved("store.url", store.get("url", "frontdesk.db"))
    if not isinstance(url, str):
        raise SettingsError("store.url is not a string; give a file path or a postgresql:// URL")
    connections = _table(tables, "connections")
    destinations = _table(tables, "destinations")
    _refuse_mixing(connections, destinations)
    return Config(
        _beside(path, url),
        tuple(_connection(name, values) for name, values in connections.items()),
        tuple(_destination(name, values) for name, values in destinations.items()),
        structure(ServiceSettings, _table(tables, "service"), where="service"),
        structure(AlertSettings, _alerts(tables), where="alerts"),
        _keys(store.get("key")),
    )


def _alerts(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Read the secrets of the table: a URL that carries one, and a password."""
    table = dict(_table(tables, "alerts"))
    if "url" in table:
        table["url"] = _resolved("alerts.url", table["url"])
    mail = table.get("mail")
    if isinstance(mail, dict):
        table["mail"] = {
            ("sender" if key == "from" else key): _resolved(f"alerts.mail.{key}", value)
            for key, value in mail.items()
        }
    return table


def _keys(asked: object) -> tuple[str, ...] | None:
    """Return the keys of a store; one that stood beside it in a file would protect nothing."""
    if asked is None:
        return None
    places = asked if isinstance(asked, list) else [asked]
    if not all(isinstance(place, dict) for place in places):
        raise SettingsError(
            'store.key: write { env = "VAR" } or { file = "path" }, or a list of them; a key does '
            "not belong into this file"
        )
    return tuple(_resolved("store.key", place) for place in places)


def _beside(path: Path, url: str) -> str:
    """A relative path is meant from where the file is, wherever the command runs."""
    return url if "://" in url else str(path.parent / url)


def _connection(name: str, values: object) -> ConnectionConfig:
    kind, brand, settings = _entry(f"connections.{name}", values, "connector", "mews")
    return ConnectionConfig(name, kind, brand, settings)


def _destination(name: str, values: object) -> DestinationConfig:
    kind, brand, settings = _entry(f"destinations.{name}", values, "plugin", "klaviyo")
    return DestinationConfig(name, kind, brand, settings)


def _entry(where: str, values: object, word: str, example: str) -> tuple[str, str, dict[str, Any]]:
    """Return the plugin, the brand and the settings of a table; *word* names the plugin."""
    if not isinstance(values, dict):
        raise SettingsError(f"{where} is not a table; write [{where}]")
    settings = {
        key: value if key in _PLAIN_TABLES else _resolved(f"{where}.{key}", value)
        for key, value in values.items()
    }
    for no_setting in _NO_SETTINGS:
        if no_setting in settings:
            raise SettingsError(f"{where}: unknown setting {no_setting!r}")
    kind = settings.pop(word, None)
    brand = settings.pop("brand", "default")
    if not isinstance(kind, str):
        raise SettingsError(f'{where}: {word} is missing; write {word} = "{example}"')
    if not isinstance(brand, str):
        raise SettingsError(f"{where}: brand is not a string")
    return kind, brand, settings


def _refuse_mixing(connections: Mapping[str, Any], destinations: Mapping[str, Any]) -> None:
    """Refuse to guess whose guests go where.

    Raises:
        ConfigurationError: There are several of both, and a destination says neither.
    """
    if len(connections) < _SEVERAL or len(destinations) < _SEVERAL:
        return
    for name, values in destinations.items():
        if isinstance(values, dict) and not {"brand", "connections"} & values.keys():
            raise ConfigurationError(
                f"destinations.{name}: there are several connections and several destinations, so "
                f'say whose guests it gets: connections = ["{next(iter(connections))}"], or a '
                "brand that its connections have, too"
            )


def _table(tables: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{name} is not a table; write [{name}]")
    return table


def _refuse_unknown(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in table:
        if name not in known:
            raise SettingsError(f"{where}: unknown {name!r}; known are {', '.join(known)}")


def _resolved(where: str, value: Any) -> Any:
    """Return a value, read from the environment or a file where it says so."""
    if not isinstance(value, dict):
        return value
    if set(value) == {"env"}:
        found = os.environ.get(str(value["env"]))
        if found is None:
            raise SettingsError(f"{where}: environment variable {value['env']!r} is not set")
        return found
    if set(value) == {"file"}:
        try:
            return Path(str(value["file"])).read_text("utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{where}: file {value['file']!r} cannot be read: {error.strerror}"
            ) from None
        except ValueError:
            raise SettingsError(f"{where}: file {value['file']!r} is no UTF-8 text") from None
    if value.keys() & {"env", "file"}:
        raise SettingsError(f'{where}: write a value, {{ env = "VAR" }} or {{ file = "path" }}')
    # Settings that stand together: [connections.guests.mail]
    return {key: _resolved(f"{where}.{key}", inner) for key, inner in value.items()}
