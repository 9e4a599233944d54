"""The data reference: what a connector carries, from its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from frontdesk.manifest import Manifest, Metric, Property, Stream, Window
from frontdesk.registry import Connector
from frontdesk.withholding import sensitive_names

_YEAR = timedelta(days=365)


def catalog(connector: Connector) -> dict[str, Any]:
    """Return the catalogue of a connector as JSON."""
    manifest = connector.manifest
    return {
        "connector": connector.name,
        "title": manifest.title,
        "history": [_history(stream) for stream in _sources(manifest)],
        "realtime": manifest.realtime,
        "consent": {
            "records": sorted(channel.value for channel in manifest.consent.records),
            "properties_only": sorted(c.value for c in manifest.consent.properties_only),
        },
        "metrics": [_metric(metric) for metric in manifest.metrics],
        "profile": [
            {"name": field.name, "kind": field.kind.value, "type": field.type}
            | _marked(addition=field.addition, sensitive=field.sensitive)
            for field in manifest.profile
        ],
    }


def _sources(manifest: Manifest) -> list[Stream]:
    """Return the streams a reader cares for: reference data serves the others."""
    return [s for s in manifest.streams if s.history != "none" or s.polling is not None]


def _history(stream: Stream) -> dict[str, Any]:
    if isinstance(stream.history, str):
        return {"stream": stream.name, stream.history: True}
    return {"stream": stream.name, "years": _years(stream.history)}


def _years(window: timedelta) -> int | float:
    years = window / _YEAR
    return round(years) if years == round(years) else round(years, 2)


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "properties": [
            {"name": prop.name, "type": prop.type}
            | _marked(addition=prop.addition, sensitive=prop.sensitive)
            for prop in metric.properties
        ],
    } | _marked(addition=metric.addition, live_only=metric.live_only)


def _marked(**marks: bool) -> dict[str, bool]:
    """Return only the marks that are set."""
    return {name: True for name, on in marks.items() if on}


def markdown(connector: Connector) -> str:
    """Return the catalogue of a connector as a page."""
    return "\n".join(_lines(connector)) + "\n"


def _lines(connector: Connector) -> Iterator[str]:
    manifest = connector.manifest
    yield f"# {manifest.title}: data reference"
    yield ""
    yield f"Made from the manifest of `{connector.name}` by `frontdesk catalog --markdown`."
    yield ""
    yield "## Sync"
    yield ""
    for stream in _sources(manifest):
        yield f"- History of {stream.name}: {_words(stream.history)}."
    yield f"- Real time: {'yes' if manifest.realtime else 'no'}."
    yield f"- Consent records: {_listed(c.value for c in manifest.consent.records)}."
    for exclusion in manifest.exclusions:
        yield f"- Not synced (`{exclusion.name}`): {exclusion.meaning}"
    if sensitive := sensitive_names(manifest):
        yield f'- Left out with `withhold = "sensitive"`: {_listed(iter(sensitive))}.'
    yield from _metric_lines(manifest)
    yield ""
    yield "## Profile"
    yield ""
    yield "| Field | Kind | Type | Meaning |"
    yield "|---|---|---|---|"
    for field in manifest.profile:
        told = meaning(field.meaning, sensitive=field.sensitive, mark="*Sensitive.*")
        yield f"| {field.name} | {field.kind.value} | {field.type} | {told} |"


def _metric_lines(manifest: Manifest) -> Iterator[str]:
    yield ""
    yield "## Metrics"
    yield ""
    yield "| Metric | Tracked when |"
    yield "|---|---|"
    for metric in manifest.metrics:
        yield f"| {metric.name} | {metric.meaning} |"
    for properties, names in _alike(manifest).items():
        yield ""
        yield f"### Properties of {', '.join(names)}"
        yield ""
        yield "| Property | Type | Meaning |"
        yield "|---|---|---|"
        for prop in properties:
            yield f"| {prop.name} | {prop.type} | {_meaning(prop)} |"


def _alike(manifest: Manifest) -> dict[tuple[Property, ...], list[str]]:
    """Group metrics that have the same properties."""
    groups: dict[tuple[Property, ...], list[str]] = {}
    for metric in manifest.metrics:
        groups.setdefault(metric.properties, []).append(metric.name)
    return groups


def _meaning(prop: Property) -> str:
    values = f" One of {', '.join(f'`{v}`' for v in prop.values)}." if prop.values else ""
    return meaning(prop.meaning + values, sensitive=prop.sensitive, mark="*Sensitive.*")


def meaning(text: str, *, sensitive: bool, mark: str = "Sensitive.") -> str:
    """Return what a field means, with a mark if it is sensitive."""
    return f"{text} {mark}".strip() if sensitive else text


def _words(window: Window) -> str:
    if isinstance(window, timedelta):
        return f"{_years(window)} years"
    return {"all": "everything", "none": "none"}[window]


def _listed(names: Iterator[str]) -> str:
    return ", ".join(sorted(names)) or "none"
