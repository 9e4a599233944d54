"""``python -m frontdesk``: the same as ``frontdesk``."""

from __future__ import annotations

from frontdesk.cli import main

main()
