"""A configuration as ``frontdesk init`` writes it: every setting, with what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from frontdesk import jsons
from frontdesk.settings import inner_of

if TYPE_CHECKING:
    from frontdesk.manifest import Manifest
    from frontdesk.registry import Connector, DestinationPlugin

#: What core itself is told of a destination, in the order in which somebody decides it.
_DELIVERY: Final = (
    (
        "connections",
        ("The connections it is fed by; all of its brand unless it says so.",),
        'connections = ["grand-hotel"]',
    ),
    (
        "subscribers",
        (
            "The lists that opt-ins go to; nobody is subscribed where none is named. For one",
            'connection alone: subscribers = { grand-hotel = { email = "LIST" } }',
        ),
        'subscribers = { email = "LIST", sms = "LIST" }',
    ),
    (
        "consent_without_time",
        (
            "What becomes of opt-ins of the past of which nobody knows when they were given: skip",
            "them, or say that it was when they were first_seen here.",
        ),
        'consent_without_time = "skip"',
    ),
    (
        "live_within",
        ("Seconds: events older than this when they are first sent go as history.",),
        "live_within = 86400",
    ),
    (
        "local_times",
        ("Send each time among the properties in the property's own zone as well.",),
        "local_times = false",
    ),
    (
        "live",
        (
            "Until this is set nothing is sent but to guests named with --only. Look first:",
            "frontdesk deliver --dry-run",
        ),
        "live = true",
    ),
)


def head_lines(plugin: Connector | DestinationPlugin) -> Iterator[str]:
    """Yield the beginning of a file."""
    yield f"# frontdesk: {plugin.manifest.title}"
    yield "# A secret is better kept outside: name an environment variable or a file."
    yield ""
    yield "[store]"
    yield "# A file next to this one, or a postgresql:// URL."
    yield 'url = "frontdesk.db"'
    yield ""


def source_lines(connector: Connector, name: str) -> Iterator[str]:
    """Yield the table of a connection."""
    manifest = connector.manifest
    yield f"[connections.{quoted(name)}]"
    yield f'connector = "{connector.name}"'
    yield _base_url(manifest.base_urls)
    yield from _withheld(manifest)
    yield from _alone(connector.name, manifest.settings)
    yield from _together(connector.name, f"connections.{quoted(name)}", manifest.settings)


def destination_lines(plugin: DestinationPlugin, name: str) -> Iterator[str]:
    """Yield the table of a destination."""
    manifest = plugin.manifest
    yield f"[destinations.{quoted(name)}]"
    yield f'plugin = "{plugin.name}"'
    yield _base_url(manifest.base_urls)
    yield from _alone(plugin.name, manifest.settings)
    for _, meaning, line in _DELIVERY:
        yield ""
        yield from (f"# {part}" for part in meaning)
        yield f"# {line}"
    yield from _together(plugin.name, f"destinations.{quoted(name)}", manifest.settings)


def _base_url(base_urls: Mapping[str, str]) -> str:
    urls = ", ".join(f'"{key}" ({url})' for key, url in base_urls.items())
    return f"# base_url = one of {urls}, or a URL of your own"


def _withheld(manifest: Manifest) -> Iterator[str]:
    from frontdesk.withholding import sensitive_names  # keeps --help fast

    if names := sorted(sensitive_names(manifest)):
        yield ""
        yield "# What no destination may see: a list of names, or all that is sensitive, which is"
        yield f"# {', '.join(names)}."
        yield '# withhold = "sensitive"'


def _alone(plugin: str, settings: type[Any]) -> Iterator[str]:
    """Yield the settings that stand in the table of the connection or destination itself."""
    for field in attrs.fields(attrs.resolve_types(settings)):
        if inner_of(field) is None:
            yield from _setting(plugin, field)


def _together(plugin: str, table: str, settings: type[Any]) -> Iterator[str]:
    """Yield settings that stand together, each in a table of its own: TOML wants them last."""
    for field in attrs.fields(settings):
        inner = inner_of(field)
        if inner is None:
            continue
        # One that may be left out is left out until somebody wants it.
        mark = "" if field.default is attrs.NOTHING else "# "
        yield ""
        if field.metadata.get("help"):
            yield f"# {field.metadata['help']}"
        yield f"{mark}[{table}.{field.name}]"
        for one in attrs.fields(inner):
            lines = _setting(f"{plugin}_{field.name}", one)
            yield from (line if not line or line[0] == "#" else mark + line for line in lines)


def _setting(plugin: str, field: attrs.Attribute[Any]) -> Iterator[str]:
    yield ""
    if field.metadata.get("help"):
        yield f"# {field.metadata['help']}"
    required = field.default is attrs.NOTHING
    if field.metadata.get("secret"):
        line = f'{field.name} = {{ env = "{plugin.upper()}_{field.name.upper()}" }}'
    else:
        line = f"{field.name} = {toml('' if required else field.default)}"
    yield line if required else f"# {line}"


def toml(value: Any) -> str:
    """Return a value as TOML; one that is not there, as an empty text."""
    if value is None:
        return '""'
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{quoted(key)} = {toml(one)}' for key, one in value.items())} }}"
    # JSON's texts, numbers, booleans and lists of them are TOML's too.
    return jsons.encode(list(value) if isinstance(value, tuple | frozenset) else value).decode()


def quoted(name: str) -> str:
    """Return a name as a key of TOML."""
    plain = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
    return name if plain else f'"{name}"'
