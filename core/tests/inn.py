"""An inn on Acorn: a miniature of the platform, in memory, behind a transport or served."""

from __future__ import annotations

import functools
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, ClassVar

import acorn
import anyio
import attrs
import httpx

from frontdesk import Connection, Desk, Record, Report, hookimpl
from frontdesk.holding import HEARTBEAT
from frontdesk.sandbox import ASGI, Sandbox
from frontdesk.store import Store

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TOKEN = "s3cret-CANARY"


class FixedClock:
    """A clock that only moves when told; waiting moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now

    def monotonic(self) -> float:
        return self.at.timestamp()

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        if seconds == HEARTBEAT:
            # Nobody is waiting for it.
            await anyio.sleep_forever()
        self.at += timedelta(seconds=seconds)
        await anyio.lowlevel.checkpoint()


class Inn:
    """Rows by stream; *before* may answer a request in the platform's stead."""

    def __init__(self, id: str = "oak-1", *, site: str | None = None) -> None:
        self.id = id
        self.site = site or id
        self.token = TOKEN
        self.title = "The Oak"
        self.zone = "Europe/Prague"
        self.rows: dict[str, list[Any]] = {"guests": [], "stays": [], "clubs": [], "rooms": []}
        self.requests: list[httpx.Request] = []
        self.served = 0
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        instead = self.before(request)
        if instead is not None:
            return instead
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return httpx.Response(401, json={"Message": "bad token"})
        stream = request.url.path.strip("/")
        if stream == "account":
            return httpx.Response(200, json=self.account())
        page = self.page(stream, request.url.params)
        self.served += len(page["items"])
        return httpx.Response(200, content=json.dumps(page))

    def account(self) -> dict[str, Any]:
        site = {"site": self.site, "zone": self.zone}
        return {"id": self.id, "title": self.title, "now": NOW.isoformat(), **site}

    def page(self, stream: str, params: httpx.QueryParams) -> dict[str, Any]:
        rows = self.rows[stream]
        if "ids" in params:
            wanted = params["ids"].split(",")
            found = [row for row in rows if isinstance(row, dict) and row.get("id") in wanted]
            return {"items": found, "total": len(found)}
        if "since" in params:
            rows = [r for r in rows if _changed(r) >= params["since"]]
        offset, size = int(params["offset"]), int(params["size"])
        return {"items": rows[offset : offset + size], "total": len(rows)}

    def asked(self, stream: str) -> list[dict[str, str]]:
        """Return the queries of all requests for a stream."""
        return [
            dict(request.url.params)
            for request in self.requests
            if request.url.path.strip("/") == stream
        ]

    def forget_requests(self) -> None:
        self.requests.clear()
        self.served = 0


def _changed(row: Any) -> str:
    return str(row.get("changed", "~")) if isinstance(row, dict) else "~"


def guest(id: str, **more: Any) -> dict[str, Any]:
    """A guest who likes news, unless told otherwise."""
    return {
        "id": id,
        "email": f"{id}@example.com",
        "name": id.title(),
        "news": True,
        "changed": "2026-10-01T10:00:00Z",
        "passport": "P-CANARY",
        **more,
    }


def stay(id: str, guest: str = "ada", **more: Any) -> dict[str, Any]:
    """A stay that is booked."""
    return {
        "id": id,
        "guest": guest,
        "total": "120.50",
        "room": "r1",
        "booked": "2026-09-01T10:00:00Z",
        "changed": "2026-10-01T10:00:00Z",
        **more,
    }


def club(id: str, guest: str = "ada", **more: Any) -> dict[str, Any]:
    """A guest's place in a club."""
    return {"id": id, "guest": guest, "name": "Books", "joined": "2026-08-01T00:00:00Z", **more}


def busy(stays: int = 25) -> Inn:
    """An inn with guests (one of them only known from stays), a room and a club."""
    inn = Inn()
    inn.rows["guests"] = [guest("ada"), guest("bob", news=False)]
    inn.rows["stays"] = [stay(f"s{n}", guest="ada" if n % 3 else "eve") for n in range(stays)]
    inn.rows["rooms"] = [{"id": "r1", "name": "Blue"}]
    inn.rows["clubs"] = [club("c1"), club("c2", guest="bob")]
    return inn


def connected(desk: Desk, inn: Inn, connector: ModuleType = acorn, **options: Any) -> Connection:
    """Connect the desk to the inn, and count what core reads there."""
    where = str(getattr(desk, "store", None) and desk.store.where)
    wrappers = [Counting(where), *options.pop("wrappers", ())]
    given = {"token": TOKEN, "transport": inn.transport, "wrappers": wrappers, **options}
    return desk.connect(connector, **given)


class Counting:
    """Counts the records that ``fetch_history`` gave to core, for the sum of law 5."""

    #: By store: what was read, by stream, and how many walks did not come to their end.
    read: ClassVar[dict[str, Counter[str]]] = {}
    unfinished: ClassVar[Counter[str]] = Counter()
    #: Stores whose sum nobody here knows: another process reads into them as well.
    others: ClassVar[set[str]] = set()

    def __init__(self, where: str) -> None:
        self._where = where
        self._read = self.read.setdefault(where, Counter())

    @hookimpl(wrapper=True)
    def fetch_history(self) -> Any:
        pages = yield
        return self._counted(pages)

    async def _counted(self, pages: Any) -> Any:
        self.unfinished[self._where] += 1
        async for page in pages:
            self._read.update(item.stream for item in page.records)
            yield page
        self.unfinished[self._where] -= 1


#: The outcomes every version of a record ends in (law 5).
OUTCOMES = ("mapped", "unchanged", "superseded", "skipped", "quarantined")
#: Streams with records in quarantine that were met, or tried, again.
_MET_AGAIN = (
    "SELECT DISTINCT s.name FROM quarantine q JOIN streams s ON s.id = q.stream_id"
    " WHERE q.tries > 1 OR q.closed <> ''"
)


def unaccounted(where: str, ask: Callable[[str], list[tuple[Any, ...]]]) -> list[Any]:
    """Return what law 5 has against a store: ends nobody knows, and sums that are not exact.

    More may have become of a stream than was read where a scan missed records, or some were
    replayed; less where a walk was broken off, or a guest was forgotten while a page was taken,
    which is then taken again.
    """
    rows = ask(
        "SELECT s.name, c.outcome, c.total FROM counters c JOIN streams s ON s.id = c.stream_id"
    )
    wrong: list[Any] = [
        row for row in rows if row[1].partition(":")[0] not in OUTCOMES or row[2] < 1
    ]
    read, unfinished = Counting.read.pop(where, None), Counting.unfinished.pop(where, 0)
    if read is None or where in Counting.others:
        return wrong
    more = {stream.name for stream in acorn.manifest.streams if stream.scan}
    more |= {name for (name,) in ask(_MET_AGAIN)}
    less = unfinished or ask("SELECT 1 FROM forgotten")
    became: Counter[str] = Counter()
    for stream, _, total in rows:
        became[stream] += total
    for (stream,) in ask("SELECT DISTINCT name FROM streams"):
        excess = became[stream] - read[stream]
        if (excess > 0 and stream not in more) or (excess < 0 and not less):
            wrong.append((stream, "read", read[stream], "became", became[stream]))
    return wrong


def has_counters(store: Path) -> bool:
    """Tell whether there is a store, and not something a test has made of it."""
    try:
        return bool(asked(store, "SELECT 1 FROM sqlite_master WHERE name = 'counters'"))
    except sqlite3.DatabaseError:
        return False


@functools.cache
def empty() -> bytes:
    """Return a store with nothing in it: making its tables for every test takes a while."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder, "empty.db"))
        assert store.engine
        store.close()
        return Path(store.where).read_bytes()


def prepare(store: Path | str) -> None:
    """Put an empty store where a file is to be and is not yet."""
    if isinstance(store, Path) and store.parent.is_dir() and not store.exists():
        store.write_bytes(empty())


async def sync(store: Path, inn: Inn, connector: ModuleType = acorn, **options: Any) -> Report:
    """Open a desk on a store, and sync the inn into it."""
    prepare(store)
    async with Desk(store, clock=options.pop("clock", None) or FixedClock()) as desk:
        return await desk.sync(connected(desk, inn, connector, **options))


def altered(**hooks: Callable[..., Any]) -> ModuleType:
    """Acorn with other hooks; ``manifest`` and ``build_record`` may be replaced as well."""
    module = ModuleType("acorn")
    vars(module).update({k: v for k, v in vars(acorn).items() if not k.startswith("__")})
    build = hooks.pop("build_record", None)
    if build is not None:
        hooks["manifest"] = attrs.evolve(acorn.manifest, build_record=build)
    for name, hook in hooks.items():
        setattr(module, name, hook if name == "manifest" else hookimpl(hook))
    return module


# -- looking into a store -------------------------------------------------------------


@contextmanager
def opened(store: Path) -> Iterator[sqlite3.Connection]:
    """Open a store's file directly, as an auditor would."""
    with closing(sqlite3.connect(store)) as db:
        db.row_factory = sqlite3.Row
        yield db
        db.commit()


def asked(store: Path, question: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return what the store's file answers."""
    with opened(store) as db:
        return [tuple(row) for row in db.execute(question, values)]


_DUMPS = {
    "guests": "SELECT g.key, m.key, g.excluded, g.gone IS NULL, g.asked IS NULL"
    " FROM guests g LEFT JOIN guests m ON m.id = g.merged_into",
    "records": "SELECT s.name, r.site, r.key, r.version, r.digest, r.origin, r.deleted,"
    " r.partial, p.body"
    " FROM records r JOIN streams s ON s.id = r.stream_id"
    " LEFT JOIN payloads p ON p.record_id = r.id",
    "record_guests": "SELECT g.key, s.name, r.site, r.key FROM record_guests x"
    " JOIN guests g ON g.id = x.guest_id JOIN records r ON r.id = x.record_id"
    " JOIN streams s ON s.id = r.stream_id",
    "log": "SELECT l.kind, l.origin, g.key, r.key, m.name, l.at, l.event_id, l.value,"
    " l.currency, b.body FROM log l JOIN log_bodies b USING (connection_id, seq)"
    " JOIN guests g ON g.id = l.guest_id LEFT JOIN records r ON r.id = l.record_id"
    " LEFT JOIN metrics m ON m.id = l.metric_id",
    "metrics": "SELECT name, total, first, last FROM metrics",
    "metric_days": "SELECT m.name, d.day, d.currency, d.total, d.value"
    " FROM metric_days d JOIN metrics m ON m.id = d.metric_id",
    "profiles": "SELECT g.key, r.key, p.email, p.first_name, p.digest, p.body FROM profiles p"
    " JOIN guests g ON g.id = p.guest_id JOIN records r ON r.id = p.record_id",
    "consents": "SELECT g.key, c.channel, c.address, c.state, c.at, c.evidence FROM consents c"
    " JOIN guests g ON g.id = c.guest_id",
    "reservations": "SELECT r.key, g.key, v.number, v.status, v.body FROM reservations v"
    " JOIN guests g ON g.id = v.guest_id JOIN records r ON r.id = v.record_id",
    "quarantine": "SELECT s.name, q.site, q.key, q.digest, q.hooks, q.reason, q.closed, q.payload"
    " FROM quarantine q JOIN streams s ON s.id = q.stream_id",
    "quarantine_guests": "SELECT g.key, q.key FROM quarantine_guests x"
    " JOIN guests g ON g.id = x.guest_id JOIN quarantine q ON q.id = x.quarantine_id",
    # What is read again is counted again: unchanged, still quarantined, still forgotten.
    "counters": "SELECT s.name, c.outcome, c.total FROM counters c"
    " JOIN streams s ON s.id = c.stream_id WHERE c.outcome NOT IN ('unchanged', 'quarantined', 'skipped: forgotten')",
    "cursors": "SELECT s.name, c.purpose, c.finished FROM cursors c"
    " JOIN streams s ON s.id = c.stream_id",
    "connections": "SELECT connector, account, name, title, state, live_start, holder"
    " FROM connections",
}


_HASH = re.compile(r"forgotten-[0-9a-f]+(-\d+)?")
_EVENT_ID = re.compile(r'"id":"[0-9a-f]{32}"')


def same_for_all(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Mask the hashes of who was forgotten: every store makes them with a key of its own."""
    hashed = "forgotten-" in repr(row)

    def mask(value: Any) -> Any:
        if isinstance(value, bytes):
            if hashed and len(value) == 16:
                return "event id or digest"
            value = value.decode("latin-1")
        if not isinstance(value, str) or not hashed:
            return value
        return _EVENT_ID.sub('"id":""', _HASH.sub("forgotten", value))

    return tuple(mask(value) for value in row)


def dump(store: Path) -> dict[str, list[Any]]:
    """Return all a store says, whatever the order and the row numbers it was written in."""
    return {
        name: sorted(map(same_for_all, asked(store, sql)), key=repr) for name, sql in _DUMPS.items()
    }


def written(store: Path) -> bytes:
    """Return every byte of a store's files."""
    return b"".join(file.read_bytes() for file in sorted(store.parent.glob(f"{store.name}*")))


def metrics(store: Path) -> dict[str, int]:
    """Return how many events each metric has."""
    return dict(asked(store, "SELECT name, total FROM metrics"))


def logged(store: Path, kind: int) -> list[str]:
    """Return the bodies of the log's entries of a kind, in order."""
    question = "SELECT body FROM log JOIN log_bodies USING (connection_id, seq) WHERE kind = ?"
    return [body.decode() for (body,) in asked(store, f"{question} ORDER BY seq", kind)]


def outcomes(store: Path) -> dict[tuple[str, str], int]:
    """Return how many record versions ended how."""
    question = "SELECT s.name, outcome, total FROM counters JOIN streams s ON s.id = stream_id"
    return {(stream, outcome): total for stream, outcome, total in asked(store, question)}


def quarantined(store: Path) -> list[tuple[str, str]]:
    """Return key and hooks of what is open in quarantine."""
    return asked(store, "SELECT key, hooks FROM quarantine WHERE closed = ''")  # type: ignore[return-value]


def stumbling(hook: str, name: str = "x") -> Any:
    """Acorn with one hook that fails on the records called *name*."""
    original = getattr(acorn, hook)

    def failing(record: Record, previous: Any, related: Any, context: Any) -> Any:
        if record.id == name:
            raise ValueError("CANARY of " + str(record.payload.get("email")))
        given = {"record": record, "previous": previous, "related": related, "context": context}
        code = original.__code__
        return original(**{name: given[name] for name in code.co_varnames[: code.co_argcount]})

    return altered(**{hook: failing})


# -- an inn over real HTTP, and as an installed plugin ---------------------------------


def app(inn: Inn) -> ASGI:
    """Return the inn as an ASGI application."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        url = f"http://inn{scope['path']}?{scope['query_string'].decode()}"
        headers = [(k.decode(), v.decode()) for k, v in scope["headers"]]
        answer = inn.answer(httpx.Request(scope["method"], url, headers=headers))
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kind})
        await send({"type": "http.response.body", "body": answer.content})

    return serve


@attrs.frozen
class Options:
    """What Acorn's sandbox can be told."""

    stays: int = attrs.field(default=25, metadata={"help": "How many stays there are"})
    full: bool = False


def create(options: Options) -> Sandbox:
    """Make Acorn's sandbox."""
    return Sandbox(app(busy(options.stays)), {"token": TOKEN}, f"an inn with {options.stays} stays")


def install(folder: Path, name: str = "acorn", module: str = "acorn") -> Path:
    """Install a connector the way pip does, less the files; *folder* belongs on the path."""
    info = folder / f"frontdesk_{name}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: frontdesk-{name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[frontdesk.connectors]\n{name} = {module}\n")
    return folder
