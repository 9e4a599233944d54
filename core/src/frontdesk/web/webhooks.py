"""Where platforms send their webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.model import Delivery

if TYPE_CHECKING:
    from frontdesk.desk import Desk
    from frontdesk.ingest.receiving import Answer

#: All that some platform uses; what brings nothing is answered and not kept.
METHODS: Final = ["POST", "PUT", "PATCH", "HEAD"]


def routes(desk: Desk) -> list[Route]:
    """Return the routes: one URL for each connection, one for each connector."""
    receiver = desk.receiver

    async def shared(request: Request) -> Response:
        connector: str = request.path_params["connector"]
        delivery = await _delivery(request, receiver.longest)
        return _response(await receiver.receive_at(connector, delivery, _source(request)))

    async def own(request: Request) -> Response:
        connection: str = request.path_params["connection"]
        delivery = await _delivery(request, receiver.longest)
        return _response(await receiver.receive(connection, delivery, _source(request)))

    return [
        Route("/webhooks/at/{connector}", shared, methods=METHODS),
        Route("/webhooks/{connection}", own, methods=METHODS),
    ]


async def _delivery(request: Request, longest: int) -> Delivery:
    """Read a request, of its body no more than a byte too much."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > longest:
                break
    except ClientDisconnect:
        # Half a body has no good signature, and nobody waits for the answer.
        body.clear()
    return Delivery(
        bytes(body),
        headers=dict(request.headers),
        query=dict(request.query_params),
        method=request.method,
    )


def _source(request: Request) -> str:
    return request.client.host if request.client else ""


def _response(answer: Answer) -> Response:
    return Response(
        answer.body, answer.status, headers=dict(answer.headers), media_type="text/plain"
    )
