"""The receiver over HTTP: alone, and mounted in other people's applications."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import inn
import pytest
from hooked import about, hooked, signed, signing
from inn import asked, busy, connected

from frontdesk import Desk
from frontdesk.errors import ConfigurationError
from frontdesk.servicing import ServiceSettings

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def synced(store: Path, **options: Any) -> AsyncGenerator[Desk]:
    """A desk with an inn that was synced."""
    inn.prepare(store)
    async with Desk(store, clock=inn.FixedClock(), **options) as desk:
        connected(desk, busy(2), hooked(), name="oak")
        await desk.sync("oak")
        yield desk


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def send(http: httpx.AsyncClient, path: str, method: str = "POST") -> httpx.Response:
    headers, body = signed(about("stays", "s1"))
    return await http.request(method, path, headers=headers, content=body)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_delivery_over_http_is_written(store: Path, method: str) -> None:
    async with synced(store) as desk, client(desk.asgi()) as http:
        answer = await send(http, "/webhooks/oak", method)

        assert (answer.status_code, answer.content) == (200, b"")
        assert [box.pending for box in await desk.inboxes()] == [1]


async def test_statuses_over_http(store: Path) -> None:
    settings = ServiceSettings(body_limit=100)
    async with synced(store, service=settings) as desk, client(desk.asgi()) as http:
        assert (await http.post("/webhooks/oak", content=b"{}")).status_code == 401
        assert (await send(http, "/webhooks/elm")).status_code == 404
        assert (await send(http, "/webhooks/at/birch")).status_code == 404
        assert (await send(http, "/webhooks/at/acorn")).status_code == 200
        assert (await http.head("/webhooks/oak")).status_code == 200
        assert (await http.get("/webhooks/oak")).status_code == 405
        body = b"x" * 101
        assert (await http.post("/webhooks/oak", content=body)).status_code == 413


async def test_a_body_is_read_no_further_than_it_may_be_long(store: Path) -> None:
    """Seen to fail when the whole body is read before its length is looked at."""
    read = 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"x" * 1000

    scope = {"type": "http", "method": "POST", "path": "/webhooks/oak", "query_string": b""}
    scope |= {"headers": [], "client": ("10.0.0.1", 1)}
    parts = endless()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": await anext(parts), "more_body": True}

    async def answer(message: Any) -> None:
        sent.append(message)

    settings = ServiceSettings(body_limit=5000)
    async with synced(store, service=settings) as desk:
        await desk.asgi()(scope, receive, answer)

    assert sent[0]["status"] == 413
    assert read == 6


async def test_the_raw_bytes_are_verified(store: Path) -> None:
    """Not JSON written anew: other spaces are another signature."""
    body = b'{ "news" : [ {"stream":"stays", "id":"s1"} ] }'
    headers = signing(body)
    async with synced(store) as desk, client(desk.asgi()) as http:
        assert (await http.post("/webhooks/oak", headers=headers, content=body)).status_code == 200
    assert asked(store, "SELECT body FROM deliveries") == [(body,)]


async def test_health_and_readiness(store: Path) -> None:
    async with synced(store) as desk, client(desk.asgi()) as http:
        assert (await http.get("/healthz")).json() == {"status": "alive"}
        ready = await http.get("/readyz")
        assert ready.status_code == 200
        assert ready.json() == {
            "status": "ready",
            "store": "writable",
            "service": "not at work in this process",
            "connections": {"oak": "running"},
        }
        with inn.opened(store) as db:
            db.execute("PRAGMA user_version = 1")
            db.execute("ALTER TABLE connections RENAME TO gone")
            db.commit()
        assert (await http.get("/readyz")).status_code == 503


async def test_unknown_parts_are_refused(store: Path) -> None:
    with pytest.raises(ConfigurationError, match="no part 'leaves'; parts are: webhooks, pages"):
        Desk(store).asgi(parts={"leaves"})


async def test_mounted_in_fastapi(store: Path) -> None:
    from fastapi import FastAPI

    # A service that ends has read what it did not commit, and counts it nowhere.
    inn.Counting.others.add(str(store))
    async with synced(store) as desk:

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
            async with desk.service():
                yield

        app = FastAPI(lifespan=lifespan)
        app.mount("/frontdesk", desk.asgi(parts={"webhooks"}))

        @app.get("/own")
        async def own() -> dict[str, str]:
            return {"mine": "yes"}

        async with app.router.lifespan_context(app), client(app) as http:
            assert (await http.get("/own")).json() == {"mine": "yes"}
            assert (await send(http, "/frontdesk/webhooks/oak")).status_code == 200
            said = (await http.get("/frontdesk/readyz")).json()
            assert said["service"] == "at work here"
        assert [box.received for box in await desk.inboxes()] == [1]


async def test_beside_django(store: Path) -> None:
    """An ASGI project sends one path to frontdesk, and the rest to Django."""
    import django
    from django.conf import settings
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    def own(_: HttpRequest) -> HttpResponse:
        return HttpResponse("django's")

    urls = type("urls", (), {"urlpatterns": [path("own", own)]})
    if not settings.configured:
        settings.configure(ROOT_URLCONF=urls, ALLOWED_HOSTS=["test"], SECRET_KEY="x", DATABASES={})
        django.setup()
    from django.core.asgi import get_asgi_application

    async with synced(store) as desk:
        theirs, ours = get_asgi_application(), desk.asgi(parts={"webhooks"})

        async def application(scope: Any, receive: Any, send: Any) -> None:
            chosen = ours if scope["path"].startswith("/webhooks/") else theirs
            await chosen(scope, receive, send)

        async with client(application) as http:
            assert (await http.get("/own")).text == "django's"
            assert (await send(http, "/webhooks/oak")).status_code == 200
        assert [box.received for box in await desk.inboxes()] == [1]


async def test_mail_alerts(store: Path) -> None:
    """A real server takes the mail in."""
    import asyncio

    from aiosmtpd.smtp import SMTP

    from frontdesk.ingest.alerts import Alerter
    from frontdesk.servicing import AlertSettings, Mail

    class Box:
        def __init__(self) -> None:
            self.mails: list[str] = []

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # as the server calls it
            self.mails.append(envelope.content.decode())
            return "250 taken"

    box = Box()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        mail = Mail(to="ops@example.com", sender="desk@example.com", host="127.0.0.1", port=port)
        async with synced(store) as desk:
            await desk.pause("oak")
            alerter = Alerter(
                desk.store, inn.FixedClock(), desk.connections, AlertSettings(mail=mail)
            )
            for _ in range(2):
                await alerter.look()
    (text,) = box.mails
    assert "Subject: frontdesk: oak paused" in text
    assert "What to do: frontdesk resume oak" in text


def test_code_that_does_not_await_receives_and_follows(store: Path) -> None:
    from frontdesk import blocking

    inn.prepare(store)
    headers, body = signed(about("stays", "s1"))
    with blocking.Desk(store, clock=inn.FixedClock()) as desk:
        desk.connect(hooked(), name="oak", token=inn.TOKEN, transport=busy(2).transport)
        desk.sync("oak")
        assert desk.receive("oak", headers=headers, body=body).status == 200
        assert desk.receive_at("birch", headers=headers, body=body).status == 404
        assert [box.pending for box in desk.inboxes()] == [1]
        assert desk.strays() == {}
        assert desk.discard_deliveries(inn.NOW) == {}
