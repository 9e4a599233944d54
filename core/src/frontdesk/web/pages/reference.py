"""The data reference: what each connector carries, laid out from its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.manifest import Kind, Manifest, Property, Stream
from frontdesk.web.pages.asking import lost, manifests, outlets
from frontdesk.web.pages.frame import N_, page, show

nav: Final = (N_("Data reference"), "reference", 60)
_YEAR: Final = timedelta(days=365)
#: For what has no mark of its own.
_BLANK: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#555"'
    ' stroke-width="2"><circle cx="12" cy="12" r="8"/></svg>'
)
KINDS: Final = {
    Kind.STANDARD: N_("standard field"),
    Kind.CUSTOM: N_("property"),
    Kind.CONSENT: N_("consent"),
}


@page()
async def reference(request: Request) -> Response:
    """List the connectors that are installed."""
    found = sorted(manifests(request).items(), key=lambda one: one[1].title)
    return await show(request, "reference.html", connectors=found)


@page()
async def connector(request: Request) -> Response:
    """Show what one connector carries."""
    name: str = request.path_params["name"]
    manifest = manifests(request).get(name)
    if manifest is None:
        raise lost()
    return await show(
        request,
        "connector.html",
        name=name,
        manifest=manifest,
        streams=[(one, _years(one)) for one in manifest.streams if _is_source(one)],
        groups=_alike(manifest),
        kinds=KINDS,
        records=sorted(channel.value for channel in manifest.consent.records),
        properties_only=sorted(channel.value for channel in manifest.consent.properties_only),
    )


def _is_source(stream: Stream) -> bool:
    """Tell whether a reader cares for a stream: reference data serves the others."""
    return stream.history != "none" or stream.polling is not None


def _years(stream: Stream) -> float | None:
    return None if isinstance(stream.history, str) else round(stream.history / _YEAR, 1)


def _alike(manifest: Manifest) -> Sequence[tuple[Sequence[str], Sequence[Property]]]:
    """Group metrics that have the same properties."""
    groups: dict[tuple[Property, ...], list[str]] = {}
    for metric in manifest.metrics:
        groups.setdefault(metric.properties, []).append(metric.name)
    return [(names, properties) for properties, names in groups.items()]


@page()
async def icon(request: Request) -> Response:
    """Give the mark of a connector or destination, as a picture: nothing in it can run."""
    name: str = request.path_params["name"]
    known: Mapping[str, Any] = {**outlets(request), **manifests(request)}
    found = known.get(name)
    text = (found.icon if found is not None else "") or _BLANK
    headers = {"cache-control": "private, max-age=3600"}
    return Response(text, media_type="image/svg+xml", headers=headers)


routes: Final = [
    Route("/reference", reference, name="reference"),
    Route("/reference/{name}", connector, name="connector"),
    Route("/icons/{name}.svg", icon, name="icon"),
]
