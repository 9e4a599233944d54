"""Commands to begin with: init, sandbox."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from frontdesk.cli.output import print_line
from frontdesk.errors import ConfigurationError

if TYPE_CHECKING:
    from frontdesk.manifest import Manifest
    from frontdesk.registry import Connector


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(init)
    passing = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(context_settings=passing)(sandbox)


def init(
    connector: Annotated[str, typer.Argument(help="Whose settings to write down.")],
    *,
    config: Annotated[Path, typer.Option("--config", help="The file to write.")] = Path(
        "frontdesk.toml"
    ),
    name: Annotated[str | None, typer.Option("--name", help="What to call the connection.")] = None,
) -> None:
    """Write a commented frontdesk.toml for a connector."""
    from frontdesk.registry import load  # keeps --help fast

    loaded = load(connector)
    if config.exists():
        raise ConfigurationError(
            f"{str(config)!r} exists and is not overwritten; choose another file with --config"
        )
    config.write_text("\n".join(_lines(loaded, name or connector)) + "\n", "utf-8")
    typer.echo(f"wrote {config}; fill in what it asks for, then: frontdesk check")


def _lines(connector: Connector, name: str) -> Iterator[str]:
    manifest = connector.manifest
    yield f"# frontdesk: {manifest.title}"
    yield "# A secret is better kept outside: name an environment variable or a file."
    yield ""
    yield "[store]"
    yield "# A file next to this one, or a postgresql:// URL."
    yield 'url = "frontdesk.db"'
    yield ""
    yield f"[connections.{_quoted(name)}]"
    yield f'connector = "{connector.name}"'
    urls = ", ".join(f'"{key}" ({url})' for key, url in manifest.base_urls.items())
    yield f"# base_url = one of {urls}, or a URL of your own"
    yield from _withheld(manifest)
    for field in attrs.fields(manifest.settings):
        yield from _setting(connector.name, field)


def _withheld(manifest: Manifest) -> Iterator[str]:
    from frontdesk.withholding import sensitive_names  # keeps --help fast

    if names := sorted(sensitive_names(manifest)):
        yield ""
        yield "# What no destination may see: a list of names, or all that is sensitive, which is"
        yield f"# {', '.join(names)}."
        yield '# withhold = "sensitive"'


def _setting(connector: str, field: attrs.Attribute[Any]) -> Iterator[str]:
    yield ""
    if field.metadata.get("help"):
        yield f"# {field.metadata['help']}"
    required = field.default is attrs.NOTHING
    if field.metadata.get("secret"):
        line = f'{field.name} = {{ env = "{connector.upper()}_{field.name.upper()}" }}'
    else:
        line = f"{field.name} = {_toml('' if required else field.default)}"
    yield line if required else f"# {line}"


def _toml(value: Any) -> str:
    from frontdesk import jsons  # keeps --help fast

    # JSON's texts, numbers, booleans and lists of them are TOML's too.
    return jsons.encode(list(value) if isinstance(value, tuple | frozenset) else value).decode()


def _quoted(name: str) -> str:
    plain = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
    return name if plain else f'"{name}"'


def sandbox(
    context: typer.Context,
    connector: Annotated[str, typer.Argument(help="Whose platform to emulate.")],
    *,
    port: Annotated[int, typer.Option("--port", help="0 takes any that is free.")] = 0,
    json: Annotated[
        bool, typer.Option("--json", help="Print what to connect with as JSON.")
    ] = False,
    options: Annotated[bool, typer.Option("--options", help="List the sandbox's options.")] = False,
) -> None:
    """Serve a connector's sandbox on this machine until Ctrl-C.

    Options of the sandbox itself follow, such as --reservations 100000; --options lists them.
    """
    from frontdesk.registry import load  # keeps --help fast
    from frontdesk.serving import make_sandbox, options_of, served

    loaded = load(connector)
    fields = options_of(loaded)
    if options:
        for field in fields:
            default = "" if isinstance(field.default, attrs.Factory) else f" [{field.default}]"  # type: ignore[arg-type]  # a class at run time
            typer.echo(
                f"--{field.name.replace('_', '-')}{default}  {field.metadata.get('help', '')}"
            )
        return
    made = make_sandbox(loaded, _options(fields, context.args))
    with served(made.app, port=port) as address:
        base_url = address + made.path
        if json:
            print_line({"base_url": base_url, **made.settings})
        else:
            typer.echo(made.title)
            typer.echo(f'base_url = "{base_url}"')
            for name, value in made.settings.items():
                typer.echo(f"{name} = {_toml(value)}")
            typer.echo("Ctrl-C ends it.")
        _wait()


def _wait() -> None:
    """Wait for Ctrl-C or a polite kill."""
    over = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    over.wait()


def _options(fields: tuple[attrs.Attribute[Any], ...], given: list[str]) -> dict[str, Any]:
    """Read ``--name value`` pairs as the options class declares them."""
    known = {field.name: field for field in fields}
    chosen: dict[str, Any] = {}
    rest = iter(given)
    for flag in rest:
        name, equals, value = flag.removeprefix("--").partition("=")
        field = known.get(name.replace("-", "_"))
        if not flag.startswith("--") or field is None:
            flags = ", ".join(f"--{alias.replace('_', '-')}" for alias in known)
            raise ConfigurationError(f"unknown option {flag!r}; the sandbox takes {flags}")
        text = value if equals else next(rest, None)
        if text is None:
            raise ConfigurationError(f"option {flag!r} needs a value")
        chosen[field.name] = _value(flag, field, text)
    return chosen


def _value(flag: str, field: attrs.Attribute[Any], text: str) -> Any:
    kind = str(field.type)
    try:
        if "bool" in kind:
            return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
        if "int" in kind:
            return int(text)
        if "float" in kind:
            return float(text)
    except (KeyError, ValueError):
        raise ConfigurationError(f"option {flag!r}: {text!r} is not a valid {kind}") from None
    return text
