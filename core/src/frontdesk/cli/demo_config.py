"""What ``frontdesk demo`` leaves beside its store: a configuration to look at it with.

A store keeps no settings, and some pages of plugins need theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from frontdesk.cli.writing import quoted, toml
from frontdesk.errors import ConfigurationError

#: The sandboxes are gone, and somebody else may be given their addresses.
GONE: Final = "https://sandbox.invalid/"
_HEAD: Final = "# The store of a frontdesk demo: made anew by each, and only to be looked at."


def config_of(store: Path) -> Path:
    """Return where the configuration of a demo's store is.

    Raises:
        ConfigurationError: There is one, and no demo wrote it.
    """
    path = store.with_suffix(".toml")
    if path.exists() and not path.read_text("utf-8", "replace").startswith(_HEAD):
        raise ConfigurationError(
            f"{str(path)!r} is not of a demo and is not overwritten; choose another store with "
            "--store"
        )
    return path


def write_config(
    store: Path,
    connections: Mapping[str, tuple[str, Mapping[str, Any]]],
    destinations: Mapping[str, tuple[str, Mapping[str, Any]]],
) -> Path:
    """Write down the demo's connections and destinations: a plugin and its settings each."""
    lines = [_HEAD, "[store]", f"url = {toml(store.name)}"]
    for name, (plugin, settings) in connections.items():
        lines += ["", f"[connections.{quoted(name)}]", f"connector = {toml(plugin)}"]
        lines += _settings(settings)
    for name, (plugin, settings) in destinations.items():
        lines += ["", f"[destinations.{quoted(name)}]", f"plugin = {toml(plugin)}"]
        lines += _settings({**settings, "live": False})
    path = config_of(store)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _settings(settings: Mapping[str, Any]) -> Iterator[str]:
    for key, value in settings.items():
        if value is not None:
            yield f"{key} = {toml(GONE if key == 'base_url' else value)}"
