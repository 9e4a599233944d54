"""Lets pytest show what a standard test compared, as it does in an author's own modules."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(
        f"frontdesk.testing.{name}"
        for name in (
            "_consent",
            "_contract",
            "_declared",
            "_discretion",
            "_history",
            "_identity",
            "_malformed",
            "_trouble",
            "_webhooks",
        )
    )
)
