"""How Boulevard is asked: one document after the other, pages to their end, nodes by their ids."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from frontdesk.client import Client
from frontdesk.errors import AuthenticationError, RefusedError, UnexpectedResponseError
from frontdesk.model import Json, Payload
from frontdesk.rows import as_list, as_row
from frontdesk.walkers import Step, by_cursor
from frontdesk_boulevard import verdicts
from frontdesk_boulevard.documents import Listing
from frontdesk_boulevard.signing import told_time

_log = logging.getLogger("frontdesk")

_NOTHING: Final[Mapping[str, Json]] = {}


@attrs.frozen
class Answered:
    """What a document was answered.

    Args:
        denied: Fields, in dots, that a permission is missing for.
        failed: Fields that could not be told for another reason.
        at: What the platform's clock said.
    """

    data: Payload = attrs.field(repr=False)
    denied: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    at: datetime | None = None

    def refuse_denied(self, field: str) -> None:
        """Refuse what is not there because a permission is missing.

        Raises:
            AuthenticationError: It is so.
        """
        for path in self.denied:
            if path == field or path.startswith(f"{field}."):
                raise AuthenticationError(f"a permission is missing for {path}; ask for it")


async def ask(
    client: Client[Any],
    document: str,
    variables: Mapping[str, Json] = _NOTHING,
    *,
    retry: bool = True,
) -> Answered:
    """Send a document; what is missing of its answer is said in the log.

    Args:
        retry: Not for what must not happen twice.

    Raises:
        AuthenticationError: A permission is missing for all of it, or the token is refused.
        RefusedError: The document is not accepted.
    """
    # An object or nothing: a list of variables, even an empty one, is refused.
    question = {"query": document, "variables": dict(variables)}
    answer = await client.request("POST", "", json=question, retry=retry)
    whole = as_row(answer.json) or {}
    data = as_row(whole.get("data"))
    if data is None:
        raise UnexpectedResponseError("boulevard answers without data")
    denied: dict[str, None] = {}
    failed: dict[str, None] = {}
    for error in verdicts.errors(whole):
        found = denied if verdicts.is_forbidden(error) else failed
        found[verdicts.path(error) or "unnamed"] = None
    for field in denied:
        _log.warning("boulevard: a permission is missing for %s; it is left out", field)
    for field in failed:
        _log.warning("boulevard cannot tell %s just now; it is left out", field)
    return Answered(data, tuple(denied), tuple(failed), told_time(answer.headers.get("date")))


async def pages(
    client: Client[Any],
    document: str,
    field: str,
    *,
    size: int,
    start: str | None = None,
    variables: Mapping[str, Json] = _NOTHING,
) -> AsyncIterator[Step[str]]:
    """Walk a connection to its end.

    A page that costs more than there can be is asked for again with half its size: no waiting
    would help.
    """
    first = size

    async def fetch(after: str | None) -> tuple[Sequence[Json], str | None]:
        nonlocal first
        behind = {} if after is None else {"after": after}
        while True:
            try:
                answered = await ask(client, document, {**variables, **behind, "first": first})
            except RefusedError as error:
                if not _too_dear(error) or first == 1:
                    raise
                first //= 2
                _log.info("boulevard: %s are asked for %d at a time now", field, first)
            else:
                return _taken_apart(answered, field)

    async for step in by_cursor(fetch, start=start, key=_id):
        yield step


def _too_dear(error: RefusedError) -> bool:
    return verdicts.TOO_DEAR in str(error)


def _id(node: Json) -> Json:
    # A row without an id cannot show that a walk goes in circles.
    return (as_row(node) or {}).get("id") or id(node)


def _taken_apart(answered: Answered, field: str) -> tuple[list[Json], str | None]:
    """Take a connection apart: its nodes, and the cursor that goes on behind them.

    Edges and nodes may be null: whoever makes records of them says so.
    """
    connection = as_row(answered.data.get(field))
    if connection is None:
        answered.refuse_denied(field)
        raise UnexpectedResponseError(f"boulevard answers without {field}")
    info = as_row(connection.get("pageInfo"))
    if info is None or not isinstance(info.get("hasNextPage"), bool):
        raise UnexpectedResponseError(f"boulevard does not say whether there are more {field}")
    edges = connection.get("edges")
    rows = [] if edges is None else as_list(edges)
    if rows is None:
        raise UnexpectedResponseError(f"boulevard answers with {field} that are no list")
    nodes = [(as_row(edge) or {}).get("node") for edge in rows]
    if None in nodes:
        # What may not be null takes its node along.
        answered.refuse_denied(field)
    if not info["hasNextPage"]:
        return nodes, None
    following = info.get("endCursor")
    if not isinstance(following, str) or not following:
        raise UnexpectedResponseError(f"boulevard has more {field} and does not say where")
    return nodes, following


@attrs.frozen
class Found:
    """Nodes by their ids.

    Args:
        absent: Ids of which the platform says, without any error, that there is nothing.
    """

    nodes: list[Json] = attrs.field(repr=False)
    absent: tuple[str, ...] = ()


async def by_ids(client: Client[Any], listing: Listing, ids: Sequence[str]) -> Found:
    """Return nodes by their ids; a batch that is too dear is halved."""
    nodes: list[Json] = []
    absent: list[str] = []
    waiting = [list(ids)] if ids else []
    while waiting:
        some = waiting.pop()
        variables = {f"id{number}": key for number, key in enumerate(some)}
        try:
            answered = await ask(client, listing.by_ids(len(some)), variables)
        except RefusedError as error:
            if not _too_dear(error) or len(some) == 1:
                raise
            middle = len(some) // 2
            waiting += [some[middle:], some[:middle]]
            continue
        for number, key in enumerate(some):
            name = f"n{number}"
            node = answered.data.get(name)
            if node is not None:
                nodes.append(node)
                continue
            answered.refuse_denied(name)
            if not any(path.partition(".")[0] == name for path in answered.failed):
                absent.append(key)
    return Found(nodes, tuple(absent))
