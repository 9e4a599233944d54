"""Metrics: all that are in use, and each with its volume, properties and latest events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from typing import Any, Final

import attrs
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from sqlalchemy import Connection as Db
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk import jsons
from frontdesk.manifest import Manifest, Metric, Property
from frontdesk.store import charting, timelines
from frontdesk.store.charting import MetricInUse, Only
from frontdesk.store.sites import Home, homes
from frontdesk.store.timelines import TimelineEntry
from frontdesk.times import day_of
from frontdesk.web.pages import charts
from frontdesk.web.pages.asking import (
    ask,
    desk_of,
    link,
    lost,
    manifests,
    number,
    place,
    placed,
    title,
)
from frontdesk.web.pages.frame import N_, page, show
from frontdesk.web.pages.wording import language_of

nav: Final = (N_("Metrics"), "metrics", 10)
#: Metrics on a page.
_ROWS: Final = 50
PERIODS: Final = {"day": N_("Day"), "week": N_("Week"), "month": N_("Month")}
#: Different values of a property that are shown, and how much of each.
_SAMPLES: Final = 3
_SAMPLE: Final = 60


@attrs.frozen
class Filter:
    """What the form above a list says.

    Attributes:
        location: A connection's row and one of its sites, as the form sends it.
    """

    integration: str = ""
    connection: str = ""
    location: str = ""
    q: str = ""

    def only(self, known: Mapping[int, Home]) -> Only:
        """Return which counts are meant."""
        row = next((home.id for home in known.values() if home.name == self.connection), None)
        if self.connection and row is None:
            row = 0
        site: str | None = None
        if self.location:
            named, _, site = self.location.partition(":")
            there = number(named) or 0
            row = there if row in (None, there) else 0
        return Only(integration=self.integration or None, connection=row, site=site, text=self.q)

    def zones(self, known: Mapping[int, Home]) -> list[str]:
        """Return the names of the zones whose days are counted."""
        only = self.only(known)
        there = [
            home
            for home in known.values()
            if only.connection in (None, home.id) and only.integration in (None, home.integration)
        ]
        if only.site is not None:
            return [str(home.zone(only.site) or UTC) for home in there][:1]
        return sorted({str(home.zone(id) or UTC) for home in there for id in home.sites or ("",)})


def _filter(request: Request) -> Filter:
    asked = request.query_params
    fields = (field.name for field in attrs.fields(Filter))
    return Filter(**{name: asked.get(name, "").strip()[:200] for name in fields})


@page()
async def metrics(request: Request) -> Response:
    """Show the metrics that are in use."""
    chosen, asked = _filter(request), request.query_params
    now = desk_of(request).clock.now()
    after = (asked["after"], asked.get("metric", "")) if "after" in asked else None

    def question(db: Db) -> tuple[Mapping[int, Home], list[MetricInUse]]:
        known = homes(db)
        only = chosen.only(known)
        rows = charting.metrics_in_use(db, known, now, only, after=after, limit=_ROWS + 1)
        return known, rows

    known, rows = await ask(request, question)
    query = {key: value for key, value in attrs.asdict(chosen).items() if key != "q"}
    older = ""
    if len(rows) > _ROWS:
        last = rows[_ROWS - 1]
        further = {**attrs.asdict(chosen), "after": last.integration, "metric": last.name}
        older = link(request, "metrics", further)
    return await show(
        request,
        "metrics.html",
        rows=[(row, charts.trend(row.trend), link(request, "metric", {**query, "integration": row.integration}, name=row.name)) for row in rows[:_ROWS]],
        titles=_titles(request, known),
        known=known,
        chosen=chosen,
        filtered=chosen != Filter(),
        newer=link(request, "metrics", attrs.asdict(chosen)) if after else "",
        older=older,
    )  # fmt: skip


def _titles(request: Request, known: Mapping[int, Home]) -> dict[str, str]:
    return {name: title(request, name) for name in sorted({h.integration for h in known.values()})}


@attrs.frozen
class _Found:
    """What the store says of one metric."""

    known: Mapping[int, Home]
    rows: list[MetricInUse]
    days: list[charting.Day]
    latest: timelines.Part
    today: date
    period: str


def _found(
    db: Db, name: str, chosen: Filter, now: datetime, *, period: str, before: timelines.Place | None
) -> _Found | None:
    known = homes(db)
    only = attrs.evolve(chosen.only(known), metric=name)
    rows = charting.metrics_in_use(db, known, now, only)
    if not rows and not charting.metric_rows(db, Only(metric=name)):
        return None
    zone: tzinfo = max(rows, key=lambda row: row.last).zone if rows else UTC
    today = day_of(now, zone)
    period = period if period in PERIODS else _fitting(rows, today)
    first = charts.number_of(charts.starts(period, charts.on(today))[0])
    ids = charting.metric_rows(db, only)
    latest = timelines.of_metrics(db, known, ids, site=only.site, before=before)
    # Elsewhere it may be tomorrow already.
    days = charting.days_of(db, only, first, today + 1)
    return _Found(known, rows, days, latest, charts.on(today), period)


@page()
async def metric(request: Request) -> Response:
    """Show one metric: its volume, its properties, its latest events."""
    name: str = request.path_params["name"]
    chosen, asked = attrs.evolve(_filter(request), q=""), request.query_params
    before, now = place(asked.get("before")), desk_of(request).clock.now()
    question = partial(
        _found, name=name, chosen=chosen, now=now, period=asked.get("per", ""), before=before
    )
    found = await ask(request, question)
    if found is None:
        raise lost()
    query = {**attrs.asdict(chosen), "per": found.period}
    older = {**query, "before": placed(found.latest.older)}
    return await show(
        request,
        "metric.html",
        name=name,
        chosen=chosen,
        period=found.period,
        periods=[
            (key, label, link(request, "metric", {**query, "per": key}, name=name))
            for key, label in PERIODS.items()
        ],
        known=found.known,
        rows=found.rows,
        titles=_titles(request, found.known),
        zones=chosen.zones(found.known),
        chart=_chart(request, found),
        tables=list(_properties(request, name, found)),
        latest=found.latest.entries,
        sensitive=_sensitive(request, name),
        newer=link(request, "metric", query, name=name) if before else "",
        older=link(request, "metric", older, name=name) if found.latest.older else "",
    )


def _fitting(rows: Sequence[MetricInUse], today: int) -> str:
    """Return the shortest period that shows anything."""
    last = max((day_of(row.last, row.zone) for row in rows), default=today)
    for period in ("day", "week"):
        if last >= charts.number_of(charts.starts(period, charts.on(today))[0]):
            return period
    return "month"


def _chart(request: Request, found: _Found) -> charts.Chart:
    period = found.period
    titles = _titles(request, found.known)
    locale = Locale.parse(language_of(request))
    counts = [(titles[day.integration], day.day, day.count) for day in found.days]

    def dated(start: date) -> str:
        return format_skeleton("yMMM" if period == "month" else "MMMd", start, locale=locale)

    def said(start: date, series: str, count: int) -> str:
        shown = dated(start) if period == "month" else format_date(start, locale=locale)
        return f"{series}, {shown}: {format_decimal(count, locale=locale)}"

    return charts.chart(period, found.today, counts, said, dated)


def _properties(
    request: Request, name: str, found: _Found
) -> Iterator[tuple[str, Metric, list[tuple[Property, list[str]]]]]:
    """Yield each integration that has the metric, with its properties and samples of them."""
    for integration in sorted({row.integration for row in found.rows}):
        manifest = manifests(request).get(integration)
        declared = manifest.metric(name) if manifest else None
        if declared is not None:
            mine = [one for one in found.latest.entries if one.integration == integration]
            samples = [(prop, _samples(prop, mine)) for prop in declared.properties]
            yield integration, declared, samples


def _samples(prop: Property, entries: Sequence[TimelineEntry]) -> list[str]:
    if prop.sensitive:
        return []
    found: dict[str, None] = {}
    for entry in entries:
        properties: Mapping[str, Any] = entry.event.get("properties") or {}
        value = entry.event.get(prop.of) if prop.of else properties.get(prop.name)
        if value not in (None, "", []):
            found.setdefault(shortened(value))
    return list(found)[:_SAMPLES]


def shortened(value: Any) -> str:
    """Return a value of JSON as a text that fits into a cell."""
    text = value if isinstance(value, str) else jsons.encode(value).decode()
    return text if len(text) <= _SAMPLE else f"{text[: _SAMPLE - 1]}…"


def _sensitive(request: Request, name: str) -> dict[str, frozenset[str]]:
    return {
        integration: sensitive_of(manifest, name)
        for integration, manifest in manifests(request).items()
    }


def sensitive_of(manifest: Manifest, metric: str) -> frozenset[str]:
    """Return the properties of a metric that are not shown unless somebody asks for them."""
    declared = manifest.metric(metric)
    found = declared.properties if declared else ()
    return frozenset(prop.name for prop in found if prop.sensitive)


routes: Final = [
    Route("/metrics", metrics, name="metrics"),
    Route("/metrics/{name:path}", metric, name="metric"),
]
