"""The guest list as an Excel workbook: exactly what the filters show."""

from __future__ import annotations

from typing import BinaryIO

from sqlalchemy import Connection

from frontdesk.annex import Annex
from frontdesk_guestlist.listing import Filters, Sort


def write(db: Connection, annex: Annex, filters: Filters, sort: Sort, target: BinaryIO) -> int:
    """Write all guests that the filters show, in that order; return how many.

    Days are dates and money is a number; whatever a guest is called stays text.
    """
    raise NotImplementedError
