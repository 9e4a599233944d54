"""Mews passes the suite that every connector is held to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from unittest.mock import patch

import httpx

import frontdesk_mews
from frontdesk.model import Delivery, Record
from frontdesk.testing import ConnectorSuite, Platform, Signed
from frontdesk_mews import reading
from frontdesk_mews.sandbox import PREFIX, Options
from frontdesk_mews.sandbox import Platform as Emulated
from frontdesk_mews.sandbox.moves import FROM, MOVES, cancel

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MARKETING = "SendMarketingEmails"


class TestMews(ConnectorSuite):
    connector = frontdesk_mews
    now = NOW
    sandbox = {"reservations": 120, "now": NOW, "rate_window": 0.0}

    @contextmanager
    def other_pages(self) -> Iterator[Mapping[str, Any]]:
        with patch.object(reading, "WIDEST", timedelta(days=42)):
            yield {}

    def delivery(self) -> Signed:
        news = {
            "EnterpriseId": "house",
            "IntegrationId": "us",
            "Events": [
                {"Discriminator": "ServiceOrderUpdated", "Value": {"Id": "stay"}},
                {"Discriminator": "CustomerAdded", "Value": {"Id": "guest"}},
            ],
        }
        return Signed(
            Delivery(json.dumps(news).encode(), query={"Token": "s3cret-t0ken"}),
            query="Token",
            settings={"webhook_token": "s3cret-t0ken"},
            unsigned="Mews signs nothing: a token in the URL is all there is",
        )

    async def lives(self) -> Sequence[Sequence[Record]]:
        return await Lives(self).lived(steps=9)


class Lives:
    """Lets reservations and guests of a small hotel live, each at random."""

    def __init__(self, suite: TestMews) -> None:
        self._suite = suite
        self._rng = Random(11)
        self._emulated = Emulated(Options(now=NOW, reservations=40, rate_window=0))
        self._versions: dict[tuple[str, str], list[Record]] = {}

    async def lived(self, steps: int) -> list[list[Record]]:
        emulated = self._emulated
        world, tokens = emulated.world, emulated.tokens
        platform = Platform(
            {
                "client_token": tokens.client,
                "access_token": tokens.portfolio.value,
                "base_url": f"http://mews.test{PREFIX}",
            },
            httpx.ASGITransport(emulated.app),
        )
        async with self._suite.reading(platform) as reader:
            for step in range(steps):
                if step:
                    emulated.advance(timedelta(hours=1))
                    self._move()
                for stream in ("reservations", "customers"):
                    ids = [row.id for row in world.table(stream).rows]
                    for record in await reader.by_ids(stream, ids):
                        self._met(record)
        return list(self._versions.values())

    def _met(self, record: Record) -> None:
        known = self._versions.setdefault((record.stream, record.id), [])
        if not known or known[-1].payload != record.payload:
            known.append(record)

    def _move(self) -> None:
        world = self._emulated.world
        for number, row in enumerate(world.reservations.rows):
            can = [move for move, states in FROM.items() if row.state in states]
            if not can or self._rng.random() < 0.3:
                continue
            move = self._rng.choice(can)
            if move == "cancel":
                cancel(world, number, fee=self._rng.random() < 0.5)
            else:
                MOVES[move](world, number)
        self._emulated.play(5)
        for number, guest in enumerate(world.customers.rows):
            if guest.is_active and guest.email and self._rng.random() < 0.5:
                others = tuple(o for o in guest.options if o != MARKETING)
                given = others if MARKETING in guest.options else (*others, MARKETING)
                world.change(world.customers, number, "customer.updated", options=given)
