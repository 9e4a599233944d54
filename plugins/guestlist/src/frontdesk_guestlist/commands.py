"""Commands of the guest list: frontdesk guests add, list, export, import."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, BinaryIO, Final, TypeVar

import attrs
import typer

from frontdesk.commands import ConfigOption, JsonOption, LimitOption, print_json, print_table, run
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import options
from frontdesk_guestlist.options import Asked, Which

if TYPE_CHECKING:
    from frontdesk.annex import Annex
    from frontdesk_guestlist.files import Taken
    from frontdesk_guestlist.guests import Guest

_T = TypeVar("_T")

app = typer.Typer(help="The guest list of a property.", no_args_is_help=True)

#: Done, but something was rejected.
REJECTED: Final = 3
#: Counting ends there.
_MOST: Final = 10_000
_COLUMNS: Final = ("number", "name", "email", "arrival", "departure", "nights", "status")
_INNER: Final = frozenset({"id", "profile", "source", "source_record", "source_guest", "address"})


@app.command()
def add(
    *,
    first_name: options.Text = "",
    last_name: options.Text = "",
    email: options.Text = "",
    phone: Annotated[str, typer.Option(help="With the country's prefix.")] = "",
    arrival: Annotated[str, typer.Option(help="Such as 2026-11-27.")] = "",
    departure: Annotated[str, typer.Option(help="Such as 2026-11-29.")] = "",
    country: Annotated[str, typer.Option(help="Its name, or a code such as FR.")] = "",
    language: Annotated[str, typer.Option(help="Its name, or a code such as fr.")] = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Although the list seems to have the guest already.")
    ] = False,
    config: ConfigOption = None,
    connection: options.Connection = None,
    property: options.Property = None,
    json: JsonOption = False,
) -> None:
    """Add a guest by hand; two days are needed, and a last name or an e-mail address."""
    # In the order of adding.FIELDS.
    typed = (first_name, last_name, email, phone, arrival, departure, country, language)
    which = Which(config, connection, property)
    added, known = _with_list(which, lambda annex: _add(annex, typed, anyway=anyway))
    if added is None:
        _offer(known, json=json)
    elif json:
        print_json(_plain(added))
    else:
        typer.echo(f"added {added.name or added.email} as reservation {added.number}")


async def _add(
    annex: Annex, typed: Sequence[str], *, anyway: bool
) -> tuple[Guest | None, list[Guest]]:
    from frontdesk_guestlist import adding  # noqa: PLC0415  # keeps --help fast

    draft = adding.read(dict(zip(adding.FIELDS, typed, strict=True)), annex)
    if isinstance(draft, adding.Problems):
        told = (f"--{name.replace('_', '-')}: {said}" for name, said in draft.by_field.items())
        raise ConfigurationError(f"the guest was not added; {' '.join(told)}")

    def change(db: Any) -> tuple[Guest | None, list[Guest]]:
        known = [] if anyway else adding.duplicates(db, annex, draft)
        if known:
            return None, known
        return adding.add(db, annex, draft, "command", options.who(), anyway=anyway), []

    done = await annex.write(change, durable=True)
    annex.call()
    return done


def _offer(known: Sequence[Guest], *, json: bool) -> None:
    _print_guests("Already in the list", known, json=json)
    typer.echo(
        "frontdesk: the guest was not added: the list seems to have it already; compare, and "
        "repeat with --anyway if it is another",
        err=True,
    )
    raise typer.Exit(REJECTED)


@app.command("list")
def list_(
    *,
    from_: options.From = None,
    to: options.To = None,
    any_arrival: options.AnyArrival = False,
    departure: options.Departure = None,
    created: options.Created = None,
    updated: options.Updated = None,
    name: options.Name = "",
    number: options.Number = "",
    all_: options.All = False,
    checked_in: options.CheckedIn = None,
    sort: options.Order = "arrival",
    limit: LimitOption = 50,
    config: ConfigOption = None,
    connection: options.Connection = None,
    property: options.Property = None,
    json: JsonOption = False,
) -> None:
    """List guests: unless told otherwise those who arrive soon and can be e-mailed."""
    asked = Asked(
        from_, to, any_arrival, departure, created, updated, name, number, all_, checked_in
    )
    which = Which(config, connection, property)
    shown, there = _with_list(which, lambda annex: _list(annex, asked, sort, limit))
    _print_guests("Guests", shown, json=json)
    if there > len(shown):
        more = f"{there:,}" if there < _MOST else f"{there:,} or more"
        typer.echo(f"frontdesk: these are {len(shown):,} of {more}; see --limit", err=True)


async def _list(annex: Annex, asked: Asked, sort: str, limit: int) -> tuple[list[Guest], int]:
    from frontdesk_guestlist import listing  # noqa: PLC0415  # keeps --help fast

    order, filters = listing.sort_of(sort), asked.filters(annex)

    def question(db: Any) -> tuple[list[Guest], int]:
        found = listing.page(db, annex, filters, order, limit=limit)
        there = listing.count(db, annex, filters, most=_MOST) if found.next else len(found.rows)
        return found.rows, there

    return await annex.read(question)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The workbook to write, such as guests.xlsx.")],
    *,
    from_: options.From = None,
    to: options.To = None,
    any_arrival: options.AnyArrival = False,
    departure: options.Departure = None,
    created: options.Created = None,
    updated: options.Updated = None,
    name: options.Name = "",
    number: options.Number = "",
    all_: options.All = False,
    checked_in: options.CheckedIn = None,
    sort: options.Order = "arrival",
    config: ConfigOption = None,
    connection: options.Connection = None,
    property: options.Property = None,
) -> None:
    """Write what list shows, all of it, as an Excel workbook."""
    asked = Asked(
        from_, to, any_arrival, departure, created, updated, name, number, all_, checked_in
    )
    which = Which(config, connection, property)
    written = _with_list(which, lambda annex: _export(annex, asked, sort, file))
    typer.echo(f"wrote {written:,} guests to {file}")


async def _export(annex: Annex, asked: Asked, sort: str, file: Path) -> int:
    from frontdesk_guestlist import listing, workbook  # noqa: PLC0415  # keeps --help fast

    order, filters = listing.sort_of(sort), asked.filters(annex)
    if file.suffix.lower() != ".xlsx":
        raise ConfigurationError(f"{str(file)!r} is no name of a workbook: let it end in .xlsx")

    def question(db: Any, into: IO[bytes]) -> int:
        return workbook.write(db, annex, filters, order, into)

    with _replacing(file) as part:
        written = await annex.read(partial(question, into=part))
    note = partial(annex.note, user=options.who(), action="guestlist export", guests=written)
    await annex.write(note)
    return written


@contextmanager
def _replacing(file: Path) -> Generator[IO[bytes]]:
    """Write a file that takes its name once it is whole; only its owner may read it."""
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
            try:
                yield part
                part.close()
                Path(part.name).replace(file)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigurationError(f"{str(file)!r} cannot be written: {error.strerror}") from None


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or .xlsx; - reads standard input.")],
    *,
    rejects: Annotated[
        Path | None,
        typer.Option("--rejects", help="Where rows go that cannot be taken; beside the file."),
    ] = None,
    config: ConfigOption = None,
    connection: options.Connection = None,
    property: options.Property = None,
    json: JsonOption = False,
) -> None:
    """Take in guests from a file; rows that cannot be taken come back with the reason."""
    from frontdesk_guestlist.rejecting import file_name  # noqa: PLC0415  # keeps --help fast

    named = "guests.csv" if str(file) == "-" else file.name
    beside = Path() if str(file) == "-" else file.parent
    target = rejects or beside / file_name(named)
    which = Which(config, connection, property)
    taken = _with_list(which, lambda annex: _import(annex, file, named, target))
    if json:
        print_json({**attrs.asdict(taken), "rejects": str(target) if taken.rejected else None})
    else:
        _say_taken(taken)
    if taken.rejected:
        typer.echo(
            f"frontdesk: {taken.rejected:,} rows could not be taken; they are in {target}, with "
            "the reason of each: mend them there, and import that file",
            err=True,
        )
    if taken.stopped:
        typer.echo(f"frontdesk: {taken.stopped}", err=True)
    if taken.rejected or taken.stopped:
        raise typer.Exit(REJECTED)


async def _import(annex: Annex, file: Path, named: str, target: Path) -> Taken:
    from frontdesk_guestlist import files  # noqa: PLC0415  # keeps --help fast

    with ExitStack() as stack:
        content: Path | BinaryIO = file
        if str(file) == "-":
            content = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(sys.stdin.buffer, content)
        taken = await files.take_in(annex, content, named, options.who())
    if taken.rejects is not None:
        uid = taken.rejects
        found = await annex.read(lambda db: files.rejects(db, annex, uid))
        with _replacing(target) as part:
            part.write(found.content if found else b"")
    return taken


def _say_taken(taken: Taken) -> None:
    said = [f"added {taken.added:,}", f"updated {taken.updated:,}"]
    said += [f"unchanged {taken.unchanged:,}", f"rejected {taken.rejected:,}"]
    if taken.deleted:
        said.append(f"left out {taken.deleted:,} that were deleted from the list")
    typer.echo(f"{', '.join(said)} ({taken.read_as})")
    if taken.ignored:
        typer.echo(f"columns that mean nothing here: {', '.join(map(repr, taken.ignored))}")


def _with_list(which: Which, work: Callable[[Annex], Awaitable[_T]]) -> _T:
    desk, annex = which.opened()

    async def opened() -> _T:
        async with desk:
            return await work(annex)

    return run(opened)


def _print_guests(title: str, shown: Sequence[Guest], *, json: bool) -> None:
    if json:
        print_json([_plain(guest) for guest in shown])
        return
    rows = [[_shown(getattr(guest, name)) for name in _COLUMNS] for guest in shown]
    print_table(title, ("reservation", *_COLUMNS[1:]), rows)


def _shown(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _plain(guest: Guest) -> dict[str, Any]:
    """Return a guest as JSON has them: what concerns the list's inside is left out."""
    told = attrs.asdict(guest, filter=lambda field, _: field.name not in _INNER)
    return {name: str(value) if type(value) is date else value for name, value in told.items()}
