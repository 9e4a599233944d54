"""The pages: metrics, profiles, connections, quarantine and the data reference, for a person."""

from __future__ import annotations

from frontdesk.web.pages.app import make_pages

__all__ = ["make_pages"]
