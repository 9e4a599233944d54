"""Which path leads to which endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import attrs

from frontdesk_zenoti.sandbox import (
    action_endpoints,
    center_endpoints,
    guest_endpoints,
    visit_endpoints,
)
from frontdesk_zenoti.sandbox.queries import Call, Page
from frontdesk_zenoti.sandbox.reports import Reports

Endpoint: TypeAlias = Callable[[Call], Page]

#: Every path that is read: a name for faults and counters, and who answers.
_READ: Final[Mapping[str, Endpoint]] = {
    "centers": center_endpoints.centers,
    "centers/{center}": center_endpoints.center,
    "centers/{center}/employees": center_endpoints.employees,
    "centers/{center}/therapists": center_endpoints.therapists,
    "centers/{center}/services": center_endpoints.services,
    "centers/{center}/services/{service}": center_endpoints.service,
    "centers/{center}/categories": center_endpoints.categories,
    "centers/{center}/categories/{category}": center_endpoints.category,
    "centers/{center}/invoices": visit_endpoints.open_invoices,
    "centers/{center}/members": center_endpoints.members,
    "countries": center_endpoints.countries,
    "countries/{country}/states": center_endpoints.states,
    "guests": guest_endpoints.guests,
    "guests/search": guest_endpoints.search,
    "guests/merge_history": guest_endpoints.merges,
    "guests/memberships/change_log": center_endpoints.change_log,
    "guests/{guest}": guest_endpoints.guest,
    "guests/{guest}/appointments": guest_endpoints.guest_appointments,
    "guests/{guest}/memberships": guest_endpoints.guest_memberships,
    "guests/{guest}/packages": guest_endpoints.guest_packages,
    "guests/{guest}/packages/{package}/benefits": guest_endpoints.package_benefits,
    "guests/{guest}/gift_cards": guest_endpoints.guest_cards,
    "appointments": visit_endpoints.appointments,
    "appointments/{appointment}": visit_endpoints.appointment,
    "invoices/{invoice}": visit_endpoints.invoice,
}

#: Every path that something is done with.
_DONE: Final[Mapping[str, Endpoint]] = {
    "appointments/{group}/check_in": action_endpoints.check_in,
    "appointments/{group}/undo_check_in": action_endpoints.undo_check_in,
    "appointments/{group}/no_show": action_endpoints.no_show,
    "invoices/{invoice}/confirm": action_endpoints.confirm,
    "invoices/{invoice}/cancel": action_endpoints.cancel,
    "guests/{guest}/memberships/{membership}/freeze": action_endpoints.freeze,
    "guests/{guest}/memberships/{membership}/unfreeze": action_endpoints.unfreeze,
}


@attrs.frozen
class Route:
    """A path, and who answers it."""

    name: str
    method: str
    pattern: re.Pattern[str]
    endpoint: Endpoint


def _route(method: str, name: str, endpoint: Endpoint) -> Route:
    # Zenoti's own pages write paths in several ways, so the letters' case does not matter.
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", name)
    return Route(name, method, re.compile(rf"{pattern}/?", re.IGNORECASE), endpoint)


def build() -> list[Route]:
    """List all routes; the more exact ones come first."""
    reports = Reports()
    posted: dict[str, Endpoint] = {
        "reports/sales/accrual_basis/flat_file": reports.sales,
        "reports/appointments/flat_file": reports.appointments,
        "reports/memberships/flat_file": reports.memberships,
    }
    routes = [_route("GET", name, endpoint) for name, endpoint in _READ.items()]
    routes += [_route("PUT", name, endpoint) for name, endpoint in _DONE.items()]
    routes += [_route("POST", name, endpoint) for name, endpoint in posted.items()]
    return sorted(routes, key=lambda route: route.name.count("{"))


def find(routes: list[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Find who answers a path, and what its parts are."""
    for route in routes:
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, match.groupdict()
    return None
