"""The suite for Acorn, as its author would write it: over a transport, without a sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import acorn
import httpx
from inn import NOW, TOKEN, Inn, busy, club, guest, stay

from frontdesk import Delivery, Record, Ref
from frontdesk.testing import ConnectorSuite, Platform, Signed

NEWS = {"news": [{"stream": "stays", "row": stay("s1")}, {"stream": "guests", "id": "ada"}]}


def oak() -> Inn:
    """An inn where everything occurs that Acorn declares."""
    inn = busy(12)
    for number, row in enumerate(inn.rows["stays"]):
        row["changed"] = f"2026-10-{number + 1:02d}T10:00:00Z"
    inn.rows["stays"] += [
        stay("c", cancelled="2026-10-02T08:00:00Z", friend="bob"),
        stay("f", friend="bob"),
        stay("h", house=True),
    ]
    inn.rows["rooms"].append({"id": "r2", "name": "Green"})
    inn.rows["guests"] += [
        guest("hal", robot=True),
        guest("old", merged="ada", changed="2026-09-01T10:00:00Z"),
        guest("was", erased=True, cards=[{"number": "1", "kind": "x"}]),
    ]
    return inn


def life(stream: str, *rows: dict[str, Any]) -> list[Record]:
    """Return versions of a record, a day after each other."""
    return [
        acorn.build_record(stream, row | {"changed": f"2026-10-{day:02d}T10:00:00Z"})
        for day, row in enumerate(rows, 1)
    ]


class AcornSuite(ConnectorSuite):
    """What only Acorn's author knows."""

    connector = acorn
    now = NOW
    unproduced = {"Left Club": "only a later scan shows it"}

    @contextmanager
    def platform(self) -> Iterator[Platform]:
        yield Platform({"token": TOKEN}, oak().transport)

    @contextmanager
    def other_pages(self) -> Iterator[Mapping[str, Any]]:
        yield {"page_size": 3}

    def rows(self, request: httpx.Request, answer: Any) -> Iterable[tuple[str, list[Any]]]:
        if "items" in answer:
            yield request.url.path.strip("/"), answer["items"]

    async def lives(self) -> Sequence[Sequence[Record]]:
        cancelled = stay("l", cancelled="2026-10-02T08:00:00Z")
        again = stay("l", cancelled="2026-10-04T08:00:00Z")
        return [
            life("stays", stay("l"), cancelled, stay("l", total="9"), again),
            life("stays", stay("m", friend="bob"), stay("m", friend="zoe")),
            life(
                "guests",
                guest("zoe"),
                guest("zoe", news=False),
                guest("zoe", name="Zoë", news=False),
            ),
            life("guests", guest("kim", news=False), guest("kim"), guest("kim", erased=True)),
        ]

    def answers(self) -> Mapping[Ref, Record | None]:
        return {Ref("guests", "bob"): acorn.build_record("guests", guest("bob"))}

    def samples(self) -> Mapping[str, Sequence[Any]]:
        return {"guests": [guest("ann", merged="ada")], "clubs": [club("c9")]}

    def delivery(self) -> Signed:
        body = json.dumps(NEWS).encode()
        headers = {"x-acorn-signature": acorn.signature(body, TOKEN)}
        return Signed(Delivery(body, headers), header="x-acorn-signature")
