"""From booking platforms to marketing: events, profiles and consent, by plugins."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any, Final

from frontdesk import errors
from frontdesk.hooks import hookimpl
from frontdesk.manifest import (
    ConsentRules,
    DestinationManifest,
    Exclusion,
    Kind,
    Manifest,
    Metric,
    Points,
    ProfileField,
    Property,
    Quota,
    Rate,
    Stream,
    Verdict,
    Webhook,
    secret,
    setting,
)
from frontdesk.model import (
    Account,
    Channel,
    Consent,
    ConsentState,
    Context,
    Delivery,
    Event,
    Gone,
    Merged,
    Origin,
    Page,
    Profile,
    Progress,
    Purpose,
    Query,
    Record,
    Ref,
    Related,
    Reservation,
    Site,
    Unreadable,
)
from frontdesk.notices import Installed, Notice, Standing
from frontdesk.outgoing import (
    Batch,
    DeliveryContext,
    Load,
    OptOut,
    OptOuts,
    Outcome,
    OutgoingConsent,
    OutgoingEvent,
    OutgoingProfile,
    Receipt,
    Subscription,
)
from frontdesk.people import Role, User
from frontdesk.webpages import WebPages

if TYPE_CHECKING:
    from frontdesk import blocking
    from frontdesk.client import Client
    from frontdesk.connection import Connection
    from frontdesk.desk import Desk
    from frontdesk.destination import Destination
    from frontdesk.offline import LoadedConnector, load
    from frontdesk.progress import Report, Update

#: Imported when first used: a connector or ``--help`` needs neither HTTP nor a database.
_LATER: Final = {
    "Client": "frontdesk.client",
    "Connection": "frontdesk.connection",
    "Destination": "frontdesk.destination",
    "Desk": "frontdesk.desk",
    "LoadedConnector": "frontdesk.offline",
    "Report": "frontdesk.progress",
    "Update": "frontdesk.progress",
    "load": "frontdesk.offline",
}

__all__ = [
    "Account",
    "Batch",
    "Channel",
    "Client",
    "Connection",
    "Consent",
    "ConsentRules",
    "ConsentState",
    "Context",
    "Delivery",
    "DeliveryContext",
    "Desk",
    "Destination",
    "DestinationManifest",
    "Event",
    "Exclusion",
    "Gone",
    "Installed",
    "Kind",
    "Load",
    "LoadedConnector",
    "Manifest",
    "Merged",
    "Metric",
    "Notice",
    "OptOut",
    "OptOuts",
    "Origin",
    "Outcome",
    "OutgoingConsent",
    "OutgoingEvent",
    "OutgoingProfile",
    "Page",
    "Points",
    "Profile",
    "ProfileField",
    "Progress",
    "Property",
    "Purpose",
    "Query",
    "Quota",
    "Rate",
    "Receipt",
    "Record",
    "Ref",
    "Related",
    "Report",
    "Reservation",
    "Role",
    "Site",
    "Standing",
    "Stream",
    "Subscription",
    "Unreadable",
    "Update",
    "User",
    "Verdict",
    "WebPages",
    "Webhook",
    "blocking",
    "errors",
    "hookimpl",
    "load",
    "secret",
    "setting",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return metadata.version("frontdesk")
    if name == "blocking":
        return import_module("frontdesk.blocking")
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'frontdesk' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
