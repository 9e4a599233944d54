"""Every request to Klaviyo passes here; what it answers is read carefully."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, cast

import anyio

from frontdesk.client import Answer, Client
from frontdesk.errors import (
    AuthenticationError,
    ConfigurationError,
    FrontdeskError,
    RefusedError,
    UnexpectedResponseError,
)
from frontdesk.model import Json
from frontdesk_klaviyo.endpoints import Endpoint

BAD_REQUEST: Final = 400
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
CONFLICT: Final = 409
GONE: Final = 410
TOO_LARGE: Final = 413
#: Requests of one batch under way at once.
TOGETHER: Final = 4
PARTIAL_FAILURE: Final = "x-klaviyo-partial-failure"


async def ask(
    client: Client[Any],
    endpoint: Endpoint,
    id: str = "",
    *,
    path: str | None = None,
    json: Json = None,
    content: bytes | None = None,
    params: Mapping[str, Any] | None = None,
) -> Answer:
    """Send one request.

    Args:
        id: What stands for ``{id}``.
        path: Instead of the endpoint's own, the link to another page of it.

    Raises:
        AuthenticationError: The key is not accepted, or a scope is missing, which it names.
        ConfigurationError: The revision is no longer served.
    """
    asked = path or endpoint.path.replace("{id}", id)
    try:
        return await client.request(
            endpoint.method, asked, json=json, content=content, params=params
        )
    except AuthenticationError as error:
        if error.status != FORBIDDEN:
            raise
        raise _without_scope(error, endpoint) from error
    except RefusedError as error:
        if error.status != GONE:
            raise
        revision = client.settings.revision
        raise ConfigurationError(
            f"Klaviyo no longer serves revision {revision}: {endpoint} answered {GONE}. "
            "Set revision to one it does"
        ) from error


async def pages(
    client: Client[Any],
    endpoint: Endpoint,
    id: str = "",
    *,
    params: Mapping[str, Any] | None = None,
) -> AsyncIterator[dict[str, Json]]:
    """Ask for a list page by page; Klaviyo says where the next one is.

    Raises:
        UnexpectedResponseError: The pages lead in a circle.
    """
    answer = await ask(client, endpoint, id, params=params)
    seen: set[str] = set()
    while True:
        page = an_object(answer.json)
        yield page
        following = an_object(page.get("links")).get("next")
        if not isinstance(following, str) or not following:
            return
        if following in seen:
            raise UnexpectedResponseError(f"the pages of {endpoint} lead in a circle")
        seen.add(following)
        answer = await ask(client, endpoint, path=following)


async def together(jobs: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Do *jobs*, a few at a time; after the first failure no more are begun, and it is raised."""
    waiting = iter(jobs)
    failed: list[FrontdeskError] = []

    async def work() -> None:
        for job in waiting:
            try:
                await job()
            except FrontdeskError as error:
                failed.append(error)
            if failed:
                return

    async with anyio.create_task_group() as group:
        for _ in range(TOGETHER):
            group.start_soon(work)
    if failed:
        raise failed[0]


def rows(page: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Return the resources that a page lists."""
    data = page.get("data")
    listed = data if isinstance(data, list) else [data]
    return [cast("dict[str, Json]", row) for row in listed if isinstance(row, dict)]


def attributes_of(row: Mapping[str, Json]) -> dict[str, Json]:
    """Return the attributes of a resource."""
    return an_object(row.get("attributes"))


def an_object(value: Json) -> dict[str, Json]:
    """Return *value* if it is an object, else an empty one."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def quoted(text: str) -> str:
    """Write a text as filters want it; the client encodes it for the URL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def any_of(field: str, values: Iterable[str]) -> str:
    """Return the filter for rows with one of *values*."""
    return f"any({field},[{','.join(map(quoted, values))}])"


def _without_scope(error: AuthenticationError, endpoint: Endpoint) -> AuthenticationError:
    scopes = ", ".join(endpoint.scopes)
    named = AuthenticationError(
        f"{error} {endpoint} needs the scope{'s' if len(endpoint.scopes) > 1 else ''} {scopes}. "
        "The scopes of a key are fixed when it is made: make a new one",
        status=error.status,
        request_id=error.request_id,
    )
    named.connector, named.content = error.connector, error.content
    return named
