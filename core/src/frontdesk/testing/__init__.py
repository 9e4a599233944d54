"""The conformance suite: what every connector promises, as tests its author subclasses.

::

    import frontdesk_acorn
    from frontdesk.testing import ConnectorSuite


    class TestAcorn(ConnectorSuite):
        connector = frontdesk_acorn

It needs ``pip install 'frontdesk[testing]'``: pytest and hypothesis, which nothing else of
frontdesk imports.
"""

from __future__ import annotations

from frontdesk.testing import _asserting as _asserting
from frontdesk.testing._clock import StillClock
from frontdesk.testing._mapping import Mapped
from frontdesk.testing._platform import Platform
from frontdesk.testing._reader import Reader
from frontdesk.testing._signed import Signed
from frontdesk.testing.suite import ConnectorSuite

__all__ = ["ConnectorSuite", "Mapped", "Platform", "Reader", "Signed", "StillClock"]
