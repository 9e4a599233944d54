"""What a person should know before anything is sent to an account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.errors import AuthenticationError, RefusedError
from frontdesk.outgoing import DeliveryContext
from frontdesk_klaviyo.calls import (
    FORBIDDEN,
    NOT_FOUND,
    an_object,
    ask,
    attributes_of,
    pages,
    rows,
)
from frontdesk_klaviyo.endpoints import LIST, METRICS

#: What Klaviyo calls whoever sends events by a private key.
API: Final = "API"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


async def preview(
    client: Client[Any], metrics: Sequence[str], lists: Sequence[str], context: DeliveryContext
) -> list[str]:
    """Look at the metrics and lists that are about to be used."""
    said = [f"the key lacks the scope {scope}" for scope in context.account.missing]
    said += await _metrics(client, metrics)
    for id in dict.fromkeys(lists):
        said.append(await _list(client, id))
    return said


async def _metrics(client: Client[Any], metrics: Sequence[str]) -> list[str]:
    """Tell which metrics' names somebody else of the account uses already."""
    if not metrics:
        return []
    patterns = [_pattern(client.settings.metric_name, metric) for metric in metrics]
    taken: dict[str, str] = {}
    try:
        # It knows no page[size]: Klaviyo refuses it here.
        async for page in pages(client, METRICS):
            for row in rows(page):
                attributes = attributes_of(row)
                name = attributes.get("name")
                owner = an_object(attributes.get("integration")).get("name")
                if isinstance(name, str) and isinstance(owner, str) and owner != API:
                    taken[name] = owner
    except AuthenticationError as error:
        if error.status != FORBIDDEN:
            raise
        return ["whether others use the same metrics cannot be told without metrics:read"]
    return [
        f"the metric {name!r} exists already, of the integration {owner!r}: ours will be another "
        "of the same name"
        for name, owner in sorted(taken.items())
        if _any(patterns, name)
    ]


async def _list(client: Client[Any], id: str) -> str:
    if not id or _UNSAFE.search(id):
        return f"{id!r} is no id of a list: it is in the list's address at Klaviyo"
    try:
        answer = await ask(client, LIST, id)
    except RefusedError as error:
        if error.status != NOT_FOUND:
            raise
        return f"there is no list {id} in this account"
    except AuthenticationError as error:
        if error.status != FORBIDDEN:
            raise
        return f"how one opts in to list {id} cannot be told without lists:read"
    attributes = attributes_of(an_object(an_object(answer.json).get("data")))
    name, process = attributes.get("name"), attributes.get("opt_in_process")
    if process == "double_opt_in":
        return (
            f"list {id} is {name!r}, double opt-in: opt-ins of the past are imported without "
            "asking, whoever opts in from now on gets a mail or message to confirm"
        )
    how = "single opt-in" if process == "single_opt_in" else "its opt-in process is not known"
    return f"list {id} is {name!r}, {how}"


def _pattern(template: str, metric: str) -> re.Pattern[str]:
    """Return what a metric may be called; which integration brings it is not known here."""
    written = re.escape(template.replace("{metric}", metric))
    return re.compile(written.replace(re.escape("{integration}"), ".+"))


def _any(patterns: Iterable[re.Pattern[str]], name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern in patterns)
