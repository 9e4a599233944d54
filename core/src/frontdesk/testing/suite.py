"""The suite: everything an author subclasses."""

from __future__ import annotations

from typing import Any

from frontdesk.testing._consent import Consents
from frontdesk.testing._contract import Contract
from frontdesk.testing._declared import Declared
from frontdesk.testing._discretion import Discretion
from frontdesk.testing._history import History
from frontdesk.testing._identity import Identity
from frontdesk.testing._malformed import Malformed
from frontdesk.testing._trouble import Trouble
from frontdesk.testing._webhooks import Webhooks

_GUARD = "test_no_standard_test_is_weakened"


class ConnectorSuite(
    Contract, History, Trouble, Declared, Identity, Consents, Malformed, Discretion, Webhooks
):
    """What every connector promises; subclass it, and name the connector.

    What an author may give besides is told in the documentation, under *Testing a
    connector*. The tests are not to be replaced: ``test_no_standard_test_is_weakened``.
    """

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if getattr(cls, _GUARD) is not getattr(ConnectorSuite, _GUARD):
            raise TypeError(f"{cls.__name__} replaces {_GUARD}, which guards the others")
