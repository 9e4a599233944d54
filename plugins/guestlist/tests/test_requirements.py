"""Every requirement has a page or command, and tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
README = (HERE.parent / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| (GL-\d\d) \| [^|]+ \| [^|]+ \| (.+) \|$", re.MULTILINE)


def test_every_requirement_is_held_by_tests_that_there_are() -> None:
    """Seen to fail when a test is renamed, and when a requirement is left out."""
    rows = ROW.findall(README)

    assert [id for id, _ in rows] == [f"GL-{number:02}" for number in range(1, 32)]
    for id, tests in rows:
        for file, name in re.findall(r"`(\w+\.py)::(\w+)`", tests):
            written = (HERE / file).read_text("utf-8")
            assert re.search(rf"^(async )?def {name}\(", written, re.MULTILINE), (id, name)
        assert "::test_" in tests, id
