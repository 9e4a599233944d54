"""Serving a sandbox over real HTTP on this machine."""

from __future__ import annotations

import importlib
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import attrs

from frontdesk.errors import ConfigurationError
from frontdesk.registry import Connector, DestinationPlugin
from frontdesk.sandbox import ASGI, Sandbox
from frontdesk.settings import structure

Plugin: TypeAlias = Connector | DestinationPlugin


def options_of(plugin: Plugin) -> tuple[attrs.Attribute[Any], ...]:
    """Return what a plugin's sandbox can be told, as fields of its options class.

    Raises:
        ConfigurationError: The plugin has no sandbox, or its libraries are missing.
    """
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(_module(plugin).Options)
    return fields


def make_sandbox(plugin: Plugin, options: Mapping[str, Any] | None = None) -> Sandbox:
    """Make a plugin's sandbox.

    Raises:
        ConfigurationError: The plugin has no sandbox, or its libraries are missing.
        SettingsError: An option is unknown or of the wrong kind.
    """
    module = _module(plugin)
    structured = structure(module.Options, options or {}, where=f"sandbox {plugin.name}")
    function = (plugin.manifest.sandbox or "").partition(":")[2]
    sandbox: Sandbox = getattr(module, function)(structured)
    return sandbox


def make_demo(plugin: Plugin) -> Sandbox:
    """Make a plugin's sandbox, and tell it that it serves the demo, if it wants to know.

    Raises:
        ConfigurationError: The plugin has no sandbox, or its libraries are missing.
    """
    wants = any(field.name == "demo" for field in options_of(plugin))
    return make_sandbox(plugin, {"demo": True} if wants else {})


def _module(plugin: Plugin) -> Any:
    place = plugin.manifest.sandbox
    if place is None:
        raise ConfigurationError(f"{plugin.name!r} has no sandbox")
    try:
        return importlib.import_module(place.partition(":")[0])
    except ImportError as error:
        raise ConfigurationError(_install(error)) from None


def _install(error: ImportError) -> str:
    return f"a sandbox needs {error.name!r}; try: pip install 'frontdesk[sandbox]'"


@contextmanager
def served(app: ASGI, *, port: int = 0) -> Generator[str]:
    """Serve *app* on 127.0.0.1 until the block ends; yield its base URL.

    Args:
        port: 0 takes any that is free.

    Raises:
        ConfigurationError: The port is taken, or the web server is not installed.
    """
    try:
        import uvicorn  # noqa: PLC0415  # an extra: only who serves needs it
    except ImportError as error:
        raise ConfigurationError(_install(error)) from None
    listening = listen(port)
    config = uvicorn.Config(
        app, interface="asgi3", log_level="warning", access_log=False, lifespan="off"
    )
    # Here, not in the thread: two that begin to serve at once would import the same modules.
    config.load()
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="sandbox", daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def listen(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a socket that listens; port 0 takes any that is free.

    Raises:
        ConfigurationError: The port is taken, or the host is none of this machine.
    """
    # Listening before the server runs: whoever connects meanwhile waits, and is not refused.
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, every
    # answer in two parts waits 40 ms for the other side's delayed acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise ConfigurationError(
            f"port {port} of {host!r} cannot be listened on: it is taken, or the host is not "
            "this machine's; choose another with --port"
        ) from None
    listening.listen(1024)
    return listening
