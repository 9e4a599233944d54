"""``frontdesk pages`` and ``frontdesk users``: the pages alone, and who may use them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from frontdesk.cli.options import ConfigOption, JsonOption, StoreOption, configured, looking
from frontdesk.cli.output import print_json, print_table
from frontdesk.cli.running import run
from frontdesk.errors import ConfigurationError
from frontdesk.people import Role

if TYPE_CHECKING:
    from frontdesk.desk import Desk

_NameArgument = Annotated[str, typer.Argument(help="The user's name.", show_default=False)]
_RoleOption = Annotated[
    str, typer.Option("--role", help="What they may do: viewer, staff or admin.")
]
_HoursOption = Annotated[int, typer.Option("--hours", min=1, help="How long the link works.")]


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(pages)
    group = typer.Typer(help="Who may use the pages.")
    group.command("list")(list_)
    group.command("add")(add_)
    group.command()(link)
    group.command()(role)
    group.command()(remove)
    app.add_typer(group, name="users", no_args_is_help=True)


def pages(
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option("--host", help="Where to listen.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="The port to listen on; 0 takes any.")
    ] = None,
) -> None:
    """Serve the pages of a store, and nothing else, until Ctrl-C; print a link that lets in."""
    desk = looking(config, store)
    try:
        from frontdesk.web.serving import serve_pages  # keeps --help fast
    except ImportError:
        raise ConfigurationError(
            "pages need libraries; try: pip install 'frontdesk[web]'"
        ) from None
    settings = desk.service_settings

    async def work() -> None:
        where = settings.port if port is None else port
        async with desk:
            await serve_pages(desk, host or settings.host, where, partial(_say_ready, desk))

    run(work)


async def _say_ready(desk: Desk, address: str) -> None:
    path = await desk.first_login_link(always=True)
    typer.echo(
        f"The pages are at {_base(desk, address)}\nThis link lets you in, once, within an "
        f"hour:\n  {link_to(desk, path or '', address)}"
    )


def link_to(desk: Desk, path: str, address: str) -> str:
    """Return the whole of a link, as a person reaches the pages."""
    return _base(desk, address) + path


def _base(desk: Desk, address: str) -> str:
    return f"{(desk.service_settings.pages_url or address).rstrip('/')}/"


def list_(
    *, config: ConfigOption = None, store: StoreOption = None, json: JsonOption = False
) -> None:
    """List who may use the pages, and when they last logged in."""
    rows = run(looking(config, store).users)
    if json:
        print_json([{**attrs.asdict(row), "role": row.role.name.lower()} for row in rows])
        return
    print_table(
        "Users",
        ("user", "role", "password", "last login"),
        [
            (row.name, row.role.name.lower(), "yes" if row.password else "no", row.seen)
            for row in rows
        ],
    )


def add_(
    name: _NameArgument,
    *,
    role: _RoleOption = "viewer",
    hours: _HoursOption = 24,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Add somebody, and print a link that lets them in once."""
    desk, wanted = _desk(config, store), _role(role)
    run(lambda: desk.add_user(name, wanted))
    _print_link(desk, name, hours)


def link(
    name: _NameArgument,
    *,
    hours: _HoursOption = 24,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Print a link that lets a user in once; one that was made before ends."""
    _print_link(_desk(config, store), name, hours)


def role(
    name: _NameArgument,
    role: Annotated[str, typer.Argument(help="viewer, staff or admin.", show_default=False)],
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Let a user do more, or less."""
    desk, wanted = _desk(config, store), _role(role)
    run(lambda: desk.set_role(name, wanted))
    typer.echo(f"{name} is {wanted.name.lower()} now")


def remove(name: _NameArgument, *, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Let a user in no more; wherever they are logged in, they no longer are."""
    run(_desk(config, store).remove_user, name)
    typer.echo(f"{name} is no user any more")


def _print_link(desk: Desk, name: str, hours: int) -> None:
    path = run(lambda: desk.login_link(name, timedelta(hours=hours)))
    settings = desk.service_settings
    address = link_to(desk, path, f"http://{settings.host}:{settings.port}/")
    typer.echo(f"This link lets {name} in, once, within {hours} hours:\n  {address}")


def _desk(config: Path | None, store: str | None) -> Desk:
    """Return the desk; a configured store may still be to come."""
    return configured(config) if store is None else looking(config, store)


def _role(asked: str) -> Role:
    try:
        return Role[asked.upper()]
    except KeyError:
        known = ", ".join(one.name.lower() for one in Role)
        raise ConfigurationError(f"there is no role {asked!r}; there are: {known}") from None
