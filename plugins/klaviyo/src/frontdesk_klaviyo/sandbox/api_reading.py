"""Reading events, metrics, lists and accounts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from frontdesk_klaviyo.sandbox import filters
from frontdesk_klaviyo.sandbox.call import Call, sparse, stamp
from frontdesk_klaviyo.sandbox.events import Event, Row
from frontdesk_klaviyo.sandbox.filters import TIMES, Condition, Kind
from frontdesk_klaviyo.sandbox.lists import List
from frontdesk_klaviyo.sandbox.metrics import Metric
from frontdesk_klaviyo.sandbox.profile_rows import PROFILE_FIELDS, profile_row
from frontdesk_klaviyo.sandbox.query import paged
from frontdesk_klaviyo.sandbox.refusal import missing
from frontdesk_klaviyo.sandbox.wire import Reply

_EQUALS: Final = frozenset({"equals"})
_ANY: Final = frozenset({"any", "equals"})
EVENT_FILTERS: Final = {
    "metric_id": Kind(_EQUALS, _EQUALS),
    "profile_id": Kind(_EQUALS),
    "profile": Kind(frozenset({"has"}), of="none"),
    "metric": Kind(frozenset({"has"}), of="none"),
    "datetime": Kind(TIMES, of="time"),
    "timestamp": Kind(TIMES, of="number"),
}
METRIC_FILTERS: Final = {"integration.name": Kind(_EQUALS), "integration.category": Kind(_EQUALS)}
LIST_FILTERS: Final = {
    "name": Kind(many=_ANY),
    "id": Kind(_EQUALS, _ANY),
    "created": Kind(frozenset({"greater-than"}), of="time"),
    "updated": Kind(frozenset({"greater-than"}), of="time"),
}
_EVENT_FIELDS: Final = ("datetime", "event_properties", "id", "timestamp", "uuid")
_METRIC_FIELDS: Final = ("created", "id", "integration", "name", "updated")
LIST_FIELDS: Final = ("created", "id", "name", "opt_in_process", "updated")


def get_events(call: Call) -> Reply:
    """Read events page by page."""
    query, account = call.query, call.account
    conditions = filters.parse(query.get("filter"), EVENT_FILTERS)
    _, down = query.sort(("datetime", "timestamp"), "datetime")
    fields = query.choices("fields[event]", _EVENT_FIELDS)
    include = query.choices("include", ("attributions", "metric", "profile"))
    account.events.sorted.renew(
        (query.get("filter"), account.events.written, len(account.events)),
        lambda: sorted(
            (row.time, number)
            for number, row in account.events.rows()
            if _wanted(call, row, conditions)
        ),
    )
    numbers, links = paged(account.events.sorted.places, query, down=down)
    events = [account.events.at(number) for number in numbers]
    body: dict[str, Any] = {
        "data": [_event(call, event, fields) for event in events],
        "links": links,
    }
    if include:
        body["included"] = _included(call, events, include)
    return Reply(200, body)


def _wanted(call: Call, row: Row, conditions: list[Condition]) -> bool:
    for condition in conditions:
        if condition.field == "metric_id":
            value: Any = call.account.metrics[row.metric].id
        elif condition.field == "profile_id":
            value = call.account.profiles.ids.of(row.profile)
        elif condition.field == "datetime":
            value = datetime.fromtimestamp(row.time, UTC)
        elif condition.field == "timestamp":
            value = row.time
        else:
            continue
        if not condition.holds(value):
            return False
    return True


def _event(call: Call, event: Event, fields: tuple[str, ...]) -> dict[str, Any]:
    path = f"events/{event.id}"
    attributes = {
        "timestamp": int(event.time.timestamp()),
        "event_properties": _properties(event),
        "datetime": stamp(event.time),
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, event.id)),
    }
    return {
        "type": "event",
        "id": event.id,
        "attributes": sparse(attributes, fields),
        "relationships": {
            name: {"data": {"type": name, "id": row.id}, "links": call.related(path, name)}
            for name, row in (("profile", event.profile), ("metric", event.metric))
        },
        "links": call.link(path),
    }


def _properties(event: Event) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if event.value is not None or event.metric.valued:
        # Once a metric had values, its other events are worth nothing, which is said.
        extra["$value"] = 0 if event.value is None else event.value
    if event.currency is not None:
        extra["$value_currency"] = event.currency
    if event.unique_id is not None:
        extra["$event_id"] = event.unique_id
    return {**event.properties, **extra}


def _included(call: Call, events: list[Event], include: tuple[str, ...]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        if "metric" in include:
            found[event.metric.id] = _metric(call, event.metric, ())
        if "profile" in include:
            fields = call.query.choices("fields[profile]", PROFILE_FIELDS)
            found[event.profile.id] = profile_row(call, event.profile, fields)
    return list(found.values())


def get_metrics(call: Call) -> Reply:
    """Read metrics page by page."""
    conditions = filters.parse(call.query.get("filter"), METRIC_FILTERS)
    fields = call.query.choices("fields[metric]", _METRIC_FIELDS)
    metrics = call.account.metrics
    places = [
        (metric.id, metric.number)
        for metric in metrics
        if all(
            one.holds(metric.integration if one.field == "integration.name" else metric.category)
            for one in conditions
        )
    ]
    numbers, links = paged(sorted(places), call.query)
    rows = [_metric(call, metrics[number], fields) for number in numbers]
    return Reply(200, {"data": rows, "links": links})


def _metric(call: Call, metric: Metric, fields: tuple[str, ...]) -> dict[str, Any]:
    attributes = {
        "name": metric.name,
        "created": stamp(metric.created),
        "updated": stamp(metric.updated),
        "integration": metric.source(),
    }
    path = f"metrics/{metric.id}"
    return {
        "type": "metric",
        "id": metric.id,
        "attributes": sparse(attributes, fields),
        "relationships": {"flow-triggers": {"links": call.related(path, "flow-triggers")}},
        "links": call.link(path),
    }


def get_lists(call: Call) -> Reply:
    """Read lists page by page."""
    conditions = filters.parse(call.query.get("filter"), LIST_FILTERS)
    fields = call.query.choices("fields[list]", LIST_FIELDS)
    by, down = call.query.sort(("created", "id", "name", "updated"), "created")
    rows = list(call.account.lists)
    places = [
        (str(getattr(row, by)), number)
        for number, row in enumerate(rows)
        if all(one.holds(getattr(row, one.field)) for one in conditions)
    ]
    numbers, links = paged(sorted(places), call.query, down=down)
    return Reply(200, {"data": [list_row(call, rows[n], fields) for n in numbers], "links": links})


def get_list(call: Call) -> Reply:
    """Read one list."""
    found = call.account.lists.by_id(call.args["id"])
    if found is None:
        raise missing(f"A list with id {call.args['id']} does not exist.")
    fields = call.query.choices("fields[list]", (*LIST_FIELDS, "profile_count"))
    extra = call.query.choices("additional-fields[list]", ("profile_count",))
    return Reply(200, {"data": list_row(call, found, fields, count=bool(extra))})


def list_row(
    call: Call, row: List, fields: tuple[str, ...] = (), *, count: bool = False
) -> dict[str, Any]:
    """Show a list."""
    path = f"lists/{row.id}"
    attributes: dict[str, Any] = {
        "name": row.name,
        "created": stamp(row.created),
        "updated": stamp(row.updated),
        "opt_in_process": row.opt_in_process,
    }
    if count:
        attributes["profile_count"] = len(row.members)
    return {
        "type": "list",
        "id": row.id,
        "attributes": sparse(attributes, fields),
        "relationships": {
            name: {"links": call.related(path, name)} for name in ("profiles", "tags")
        },
        "links": call.link(path),
    }


def get_accounts(call: Call) -> Reply:
    """Read the one account a key belongs to."""
    account = call.account
    attributes = {
        "test_account": account.test_account,
        "contact_information": {
            "default_sender_name": account.name,
            "default_sender_email": "desk@sandbox.example",
            "website_url": None,
            "organization_name": account.name,
            "street_address": dict.fromkeys(
                ("address1", "address2", "city", "region", "country", "zip")
            ),
        },
        "industry": "Travel",
        "timezone": account.timezone,
        "preferred_currency": account.currency,
        "public_api_key": account.id,
        "locale": account.locale,
    }
    path = f"accounts/{account.id}"
    row = {"type": "account", "id": account.id, "attributes": attributes, "links": call.link(path)}
    return Reply(200, {"data": [row], "links": {"self": call.query.link()}})
