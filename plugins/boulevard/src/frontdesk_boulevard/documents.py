"""What is asked of Boulevard: GraphQL documents, each with only the fields that are used.

They are of version 2020-01 of the Admin API; another version would have documents of its own.
Nothing of a card, of a payment or of a client's notes is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

#: More edges than that no connection gives.
MOST: Final = 1000

_CLIENT: Final = """
fragment Fields on Client {
  id active mergedIntoClientId firstName lastName email mobilePhone dob appointmentCount
  createdAt updatedAt
  primaryLocation { id name }
  tags { id name }
  marketingSettings { type email sms push }
  reminderSettings { type email sms push }
}
"""
_APPOINTMENT: Final = """
fragment Fields on Appointment {
  id state cancelled createdAt startAt endAt duration bookedByType orderId clientId locationId
  location { id name tz }
  cancellation { cancelledAt reason }
  appointmentServices {
    id baseAppointmentServiceId price
    service { id name }
    staff { id displayName firstName lastName }
  }
  tags { id name }
}
"""
_MEMBERSHIP: Final = """
fragment Fields on Membership {
  id clientId locationId name status startOn endOn cancelOn unpauseOn nextChargeDate
  termNumber unitPrice
  location { id name tz }
  vouchers { quantity services { id name } }
}
"""
_ORDER: Final = """
fragment Fields on Order {
  id number clientId locationId createdAt closedAt updatedAt note
  location { id name tz }
  closedBy { id displayName }
  appliedVouchers {
    id
    voucher { id expiresOn redeemedAt services { id name } product { id name } }
  }
  summary {
    initialSubtotal initialDiscountAmount initialTaxAmount initialGratuityAmount
    initialFeeAmount initialTotal refundAmount
  }
  lineGroups {
    __typename
    id
    lines {
      __typename
      id quantity initialPrice initialSubtotal initialDiscountAmount
      ... on OrderServiceLine { name serviceId isPaidByVoucher }
      ... on OrderProductLine { name productId }
    }
  }
  refunds {
    id number status closedAt refundReason
    summary { refundAmount refundTax refundTotal }
  }
}
"""


@attrs.frozen
class Listing:
    """One list of nodes: how it is walked, and how some of its nodes are had by their ids.

    Args:
        field: Under which the answer has it.
        node: Under which one node is had by its id.
        whole: The document of one page.
        any: The document that tells at little cost whether there is anything.
        local: It is asked location by location.
        moved: The filter of what changed; empty where there is none.
        page: How many nodes are asked for at once, to begin with.
    """

    field: str
    node: str
    whole: str
    any: str
    fragment: str
    local: bool = attrs.field(default=False, kw_only=True)
    moved: str = attrs.field(default="", kw_only=True)
    page: int = attrs.field(default=200, kw_only=True)

    def by_ids(self, number: int) -> str:
        """Return the document that has *number* nodes by their ids, each under its own name."""
        asked = ", ".join(f"$id{n}: ID!" for n in range(number))
        nodes = "\n".join(f"  n{n}: {self.node}(id: $id{n}) {{ ...Fields }}" for n in range(number))
        name = f"{self.field.capitalize()}ById"
        return f"query {name}({asked}) {{\n{nodes}\n}}\n{self.fragment}"


def _listing(
    field: str, node: str, fragment: str, *, local: bool = False, moved: str = "", page: int = 200
) -> Listing:
    asked, given = ["$first: Int!", "$after: String"], ["first: $first", "after: $after"]
    if moved:
        asked.append("$query: QueryString")
        given.append("query: $query")
    if local:
        asked.insert(0, "$location: ID!")
        given.insert(0, "locationId: $location")
    head = f"query {field.capitalize()}({', '.join(asked)}) {{\n  {field}({', '.join(given)}) {{\n"
    info = "    pageInfo { hasNextPage endCursor }\n"
    document = f"{head}    edges {{ node {{ ...Fields }} }}\n{info}  }}\n}}\n{fragment}"
    few = f"{head}    edges {{ node {{ id }} }}\n{info}  }}\n}}\n"
    return Listing(field, node, document, few, fragment, local=local, moved=moved, page=page)


CLIENTS: Final = _listing("clients", "client", _CLIENT, moved="updatedAt")
APPOINTMENTS: Final = _listing(
    "appointments", "appointment", _APPOINTMENT, local=True, moved="createdAt"
)
MEMBERSHIPS: Final = _listing("memberships", "membership", _MEMBERSHIP)
ORDERS: Final = _listing("orders", "order", _ORDER, local=True, moved="updatedAt", page=100)

STREAMS: Final[Mapping[str, Listing]] = {
    listing.field: listing for listing in (CLIENTS, ORDERS, MEMBERSHIPS, APPOINTMENTS)
}
#: How many nodes are asked for by their ids at once.
BATCH: Final = 20
#: Clients are a list by their ids as well, which costs less; whoever is not there is not in it.
CLIENTS_BY_IDS: Final = f"""
query ClientsByIds($ids: [ID!]!, $first: Int!, $after: String) {{
  clients(clientIds: $ids, first: $first, after: $after) {{
    edges {{ node {{ ...Fields }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{_CLIENT}"""

BUSINESS: Final = """
query Business {
  business { id name tz }
  permissions { key name enabled }
}
"""
#: Every answer says what time it is; this one costs least.
CLOCK: Final = "query Clock { business { id } }"
LOCATIONS: Final = """
query Locations($first: Int!, $after: String) {
  locations(first: $first, after: $after) {
    edges { node { id name tz address { country } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

#: Asks for one of everything, to learn what is not permitted.
PROBE: Final = """
query Probe($location: ID!) {
  clients(first: 1) {
    edges { node { id tags { id } marketingSettings { type } reminderSettings { type } } }
  }
  appointments(locationId: $location, first: 1) {
    edges { node { id appointmentServices { id staff { id } service { id } } tags { id } } }
  }
  memberships(first: 1) { edges { node { id vouchers { quantity } } } }
  orders(locationId: $location, first: 1) {
    edges { node { id summary { initialTotal } lineGroups { id } refunds { id } } }
  }
}
"""

_WEBHOOK: Final = "webhook { id name url locationId subscriptions { eventType enabled } }"
WEBHOOKS: Final = """
query Webhooks($first: Int!, $after: String) {
  webhooks(first: $first, after: $after) {
    edges { node { id name url locationId subscriptions { eventType enabled } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
CREATE_WEBHOOK: Final = f"""
mutation CreateWebhook($input: CreateWebhookInput!) {{
  createWebhook(input: $input) {{ {_WEBHOOK} }}
}}
"""
DELETE_WEBHOOK: Final = """
mutation DeleteWebhook($input: DeleteWebhookInput!) {
  deleteWebhook(input: $input) { webhook { id } }
}
"""


def every() -> Mapping[str, str]:
    """Return all documents there are, by a name that tells them apart."""
    found = {
        "business": BUSINESS,
        "clock": CLOCK,
        "locations": LOCATIONS,
        "probe": PROBE,
        "webhooks": WEBHOOKS,
        "create webhook": CREATE_WEBHOOK,
        "delete webhook": DELETE_WEBHOOK,
        "clients by ids": CLIENTS_BY_IDS,
    }
    for name, listing in STREAMS.items():
        found[name] = listing.whole
        found[f"any {name}"] = listing.any
        found |= {f"{number} {name} by id": listing.by_ids(number) for number in (1, BATCH)}
    return found
