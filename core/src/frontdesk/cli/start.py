"""Commands to begin with: init, sandbox."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from frontdesk.cli.output import print_line
from frontdesk.errors import ConfigurationError

if TYPE_CHECKING:
    from frontdesk.registry import Connector, DestinationPlugin


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(init)
    passing = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(context_settings=passing)(sandbox)


def init(
    plugin: Annotated[
        str, typer.Argument(help="The connector or destination whose settings to write down.")
    ],
    *,
    config: Annotated[Path, typer.Option("--config", help="The file to write.")] = Path(
        "frontdesk.toml"
    ),
    name: Annotated[
        str | None, typer.Option("--name", help="What to call the connection or destination.")
    ] = None,
) -> None:
    """Write a commented frontdesk.toml for a connector or a destination."""
    from frontdesk.cli.writing import destination_lines, head_lines, source_lines
    from frontdesk.registry import Connector  # keeps --help fast

    loaded = find_plugin(plugin)
    called = name or loaded.name
    if isinstance(loaded, Connector):
        if config.exists():
            raise ConfigurationError(
                f"{str(config)!r} exists and is not overwritten; choose another file with --config"
            )
        lines = [*head_lines(loaded), *source_lines(loaded, called)]
    elif config.exists():
        # It is somebody's own: what there is to add is theirs to put in.
        typer.echo("\n".join(["", *destination_lines(loaded, called)]))
        typer.echo(
            f"frontdesk: {config} is there and is not changed; add the above to it, such as with: "
            f"frontdesk init {plugin} >> {config}",
            err=True,
        )
        return
    else:
        lines = [*head_lines(loaded), *destination_lines(loaded, called)]
    config.write_text("\n".join(lines) + "\n", "utf-8")
    typer.echo(f"wrote {config}; fill in what it asks for, then: frontdesk check")


def find_plugin(name: str) -> Connector | DestinationPlugin:
    """Load the connector or destination plugin of this name.

    Raises:
        ConfigurationError: There is none, or it does not work.
    """
    from frontdesk.contracts import DESTINATION  # keeps --help fast
    from frontdesk.errors import ConnectorNotFoundError
    from frontdesk.registry import entry_points, load, load_destination

    connectors, destinations = entry_points(), entry_points(DESTINATION.group)
    if name in connectors:
        return load(name)
    if name in destinations:
        return load_destination(name)
    have = ", ".join(sorted({*connectors, *destinations})) or "none"
    raise ConnectorNotFoundError(
        f"neither a connector nor a destination plugin {name!r} is installed (installed: {have}); "
        f"try: pip install frontdesk-{name}"
    )


def sandbox(
    context: typer.Context,
    plugin: Annotated[
        str, typer.Argument(help="The connector or destination whose platform to emulate.")
    ],
    *,
    port: Annotated[int, typer.Option("--port", help="0 takes any that is free.")] = 0,
    json: Annotated[
        bool, typer.Option("--json", help="Print what to connect with as JSON.")
    ] = False,
    options: Annotated[bool, typer.Option("--options", help="List the sandbox's options.")] = False,
) -> None:
    """Serve the sandbox of a connector or destination on this machine until Ctrl-C.

    Options of the sandbox itself follow, such as --reservations 100000; --options lists them.
    """
    from frontdesk.cli.writing import toml  # keeps --help fast
    from frontdesk.serving import make_sandbox, options_of, served

    loaded = find_plugin(plugin)
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
                typer.echo(f"{name} = {toml(value)}")
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
    # A name, or the class itself once somebody has resolved it.
    kind = str(getattr(field.type, "__name__", field.type))
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
