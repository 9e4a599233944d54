"""frontdesk over HTTP: webhooks now; an ASGI application to serve or to mount."""

from __future__ import annotations

from frontdesk.web.app import make_app

__all__ = ["make_app"]
