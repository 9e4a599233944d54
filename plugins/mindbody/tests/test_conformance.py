"""Mindbody passes the suite that every connector is held to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import httpx

import frontdesk_mindbody
from frontdesk.ingest.mapping import laid_over
from frontdesk.model import Delivery, Json, Purpose, Query, Record
from frontdesk.testing import ConnectorSuite, Platform, Signed
from frontdesk.testing._reader import records_of
from frontdesk_mindbody import asking
from frontdesk_mindbody.sandbox import PREFIX, Options, settings
from frontdesk_mindbody.sandbox import Platform as Emulated

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = "bm90IGJhc2U2NA=="


class TestMindbody(ConnectorSuite):
    connector = frontdesk_mindbody
    now = NOW
    # Ids are unique in a site only, and the suite names records without their site.
    sandbox = {"clients": 450, "sites": 1, "now": NOW}

    @contextmanager
    def other_pages(self) -> Iterator[Mapping[str, Any]]:
        with patch.object(asking, "MOST", 70):
            yield {}

    def rows(self, request: httpx.Request, answer: Json) -> Iterable[tuple[str, list[Json]]]:
        """Name the streams: two are made of the same rows, and bookings lie within a class."""
        del request
        for stream in self.connector.manifest.streams:
            if isinstance(rows := answer.get(stream.rows), list):
                yield stream.name, rows
        held = answer.get("Class")
        if isinstance(held, dict):
            yield "visits", held.get("Visits") or []

    def delivery(self) -> Signed:
        news = {
            "messageId": "m1",
            "eventId": "client.created",
            "eventSchemaVersion": 1,
            "eventInstanceOriginationDateTime": "2026-05-31T10:02:55Z",
            "eventData": {
                "siteId": -99,
                "clientId": "barcode-1",
                "clientUniqueId": 7,
                "email": "ada@example.com",
            },
        }
        body = json.dumps(news).encode()
        made = base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()
        return Signed(
            Delivery(body, headers={"x-mindbody-signature": f"sha256={made}"}),
            header="x-mindbody-signature",
            settings={"webhook_signature_key": KEY},
        )

    async def lives(self) -> Sequence[Sequence[Record]]:
        return await Lives(self).lived(changes=900)


class Lives:
    """Follows a small studio by its webhooks, and reads it again now and then."""

    def __init__(self, suite: TestMindbody) -> None:
        self._suite = suite
        self._emulated = Emulated(Options(now=NOW, clients=60, sites=1, webhook_own_site=True))
        # Nobody listens there: what waits is taken out before it is sent.
        self._emulated.webhooks.to = "http://127.0.0.1:1/"
        self._versions: dict[tuple[str, str | None, str], list[Record]] = {}

    async def lived(self, changes: int) -> list[list[Record]]:
        emulated = self._emulated
        platform = Platform(
            {**settings(emulated), "base_url": f"http://mindbody.test{PREFIX}"},
            httpx.ASGITransport(emulated.app),
        )
        async with self._suite.reading(platform) as reader:
            cursors: dict[str, Json] = {}
            for step in range(changes):
                emulated.play(1)
                for message in emulated.webhooks.outbox.take(everything=True):
                    for record in frontdesk_mindbody.read_webhook(
                        Delivery(message.body), reader.context
                    ):
                        self._met(record)
                if step % 60 == 0:
                    emulated.advance(timedelta(hours=21))
                    await reader.clock.sleep((emulated.now - reader.clock.now()).total_seconds())
                    for stream in ("appointments", "visits", "sales"):
                        query = Query(
                            stream, Purpose.CHANGES, since=NOW, cursor=cursors.get(stream)
                        )
                        for page in await reader.pages(query):
                            cursors[stream] = page.cursor
                            for record in records_of([page]):
                                self._met(record)
        return list(self._versions.values())

    def _met(self, record: Record) -> None:
        known = self._versions.setdefault((record.stream, record.site, record.id), [])
        whole = laid_over(known[-1], record) if known else record
        if not known or known[-1].payload != whole.payload:
            known.append(whole)
