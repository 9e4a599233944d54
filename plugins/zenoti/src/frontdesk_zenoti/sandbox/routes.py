"""Which path leads to which endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import attrs

from frontdesk_zenoti.sandbox import endpoints as at
from frontdesk_zenoti.sandbox.queries import Call, Page
from frontdesk_zenoti.sandbox.reports import Reports

Endpoint: TypeAlias = Callable[[Call], Page]

#: Every path that is read: a name for faults and counters, and who answers.
_READ: Final[Mapping[str, Endpoint]] = {
    "centers": at.centers,
    "centers/{center}": at.center,
    "centers/{center}/employees": at.employees,
    "centers/{center}/therapists": at.therapists,
    "centers/{center}/services": at.services,
    "centers/{center}/services/{service}": at.service,
    "centers/{center}/categories": at.categories,
    "centers/{center}/categories/{category}": at.category,
    "centers/{center}/invoices": at.open_invoices,
    "centers/{center}/members": at.members,
    "countries": at.countries,
    "countries/{country}/states": at.states,
    "guests": at.guests,
    "guests/search": at.search,
    "guests/merge_history": at.merges,
    "guests/memberships/change_log": at.change_log,
    "guests/{guest}": at.guest,
    "guests/{guest}/appointments": at.guest_appointments,
    "guests/{guest}/memberships": at.guest_memberships,
    "guests/{guest}/packages": at.guest_packages,
    "guests/{guest}/packages/{package}/benefits": at.package_benefits,
    "guests/{guest}/gift_cards": at.guest_cards,
    "appointments": at.appointments,
    "appointments/{appointment}": at.appointment,
    "invoices/{invoice}": at.invoice,
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
    routes += [_route("POST", name, endpoint) for name, endpoint in posted.items()]
    return sorted(routes, key=lambda route: route.name.count("{"))


def find(routes: list[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Find who answers a path, and what its parts are."""
    for route in routes:
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, match.groupdict()
    return None
