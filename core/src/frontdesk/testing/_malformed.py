"""Law 5: every record is accounted for, the malformed ones as well."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from frontdesk.errors import FrontdeskError
from frontdesk.testing._base import Base
from frontdesk.testing._observed import Observed
from frontdesk.testing._samples import reasons, samples
from frontdesk.testing._spoiling import CANARY, in_turn, spoilt
from frontdesk.testing._storing import accounted, sync
from frontdesk.testing._wire import Wire, changing


class Malformed(Base):
    """Tests of what becomes of records, whole ones and others."""

    def test_every_record_read_is_accounted_for(self, observed: Observed, tmp_path: Path) -> None:
        """What fetch_history gave is the sum of what became of it, stream by stream.

        If this fails, look for records that fetch_history looks up after its last page, or
        gives under a stream that is not the one it was asked for.
        """
        synced = self.run(partial(sync, self, observed.platform, tmp_path))

        assert synced.read.total() > 0, "nothing was read"
        assert accounted(synced) == {}
        assert sum(synced.status.records.values()) == synced.report.records

    def test_a_malformed_record_never_stops_a_sync(
        self, observed: Observed, tmp_path: Path
    ) -> None:
        """Rows with a field missing or of a wrong kind are mapped or quarantined, no more.

        If this fails, let read_rows make records of rows, and look at the kind of each
        field that fetch_history reads. A reason names the field and never quotes its value.
        """
        streams = observed.connection.manifest.streams
        chosen = {s.name for s in streams if s.history != "none" or s.polling is not None}
        change = changing(self.rows, in_turn(chosen.__contains__))
        wire = Wire(observed.platform, change=change)
        try:
            synced = self.run(partial(sync, self, observed.platform, tmp_path, wire=wire))
        except FrontdeskError as error:
            pytest.fail(f"a malformed record stopped the sync: {error}")

        assert synced.reasons, "no row was spoilt, or none minded: override rows()"
        assert accounted(synced) == {}
        # A log may name ids, and ids are spoilt as well.
        assert [reason for reason in synced.reasons if CANARY in reason] == []

    def test_no_reason_quotes_a_value(self, observed: Observed) -> None:
        """Whatever field is missing or wrong, an error names it and never its value.

        If this fails, raise RecordError with the field's name, ``from None``: what Python
        says of a value that is wrong quotes it.
        """
        quoting = {
            f"{stream} {how}: {reason}"
            for stream, row in samples(observed, self.samples())
            for how, changed in spoilt(row)
            for reason in reasons(observed, stream, changed)
            if CANARY in reason
        }

        assert sorted(quoting) == []
