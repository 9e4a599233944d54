"""Bulk imports of profiles: jobs that are waited for, and whose errors are read."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias

from frontdesk.client import Client
from frontdesk.errors import UnavailableError, UnexpectedResponseError
from frontdesk.model import Json
from frontdesk_klaviyo.calls import an_object, ask, attributes_of, pages, rows
from frontdesk_klaviyo.endpoints import IMPORT, IMPORT_ERRORS, IMPORT_JOB
from frontdesk_klaviyo.faults import Fault, fault_of
from frontdesk_klaviyo.people import Entry

#: Profiles of one job, and its bytes.
PROFILES_PER_JOB: Final = 10_000
JOB: Final = 5_000_000
#: How long one job may take.
DEADLINE: Final = timedelta(minutes=15)
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 15.0
_ERRORS_PER_PAGE: Final = 100
_POINTER: Final = re.compile(r"/profiles/data/(\d+)(?:/|$)")
_OPEN: Final = b'{"data":{"type":"profile-bulk-import-job","attributes":{"profiles":{"data":['
_CLOSE: Final = b"]}}}}"
_log = logging.getLogger("frontdesk")

Failures: TypeAlias = list[tuple[int, Fault]]


def jobs(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Divide profiles into jobs; no phone number is twice in one."""
    waiting = list(entries)
    while waiting:
        job: list[Entry] = []
        later: list[Entry] = []
        size, numbers = len(_OPEN) + len(_CLOSE), set[str]()
        for at, one in enumerate(waiting):
            more = len(one.resource()) + 1
            if job and (len(job) == PROFILES_PER_JOB or size + more > JOB):
                later += waiting[at:]
                break
            if one.phone_number is not None and one.phone_number in numbers:
                later.append(one)
                continue
            if one.phone_number is not None:
                numbers.add(one.phone_number)
            job.append(one)
            size += more
        yield job
        waiting = later


def content(entries: Sequence[Entry]) -> bytes:
    """Return the body of a job."""
    return _OPEN + b",".join(one.resource() for one in entries) + _CLOSE


def named(entries: Sequence[Entry], fault: Fault) -> Sequence[int]:
    """Return the place of the profile that a fault points at."""
    del entries
    found = _POINTER.search(fault.pointer)
    return (int(found[1]),) if found else ()


async def run(client: Client[Any], entries: Sequence[Entry]) -> tuple[Failures, int]:
    """Run one job to its end; return what failed, and how many more fail without a name.

    Raises:
        UnavailableError: It was cancelled, or is not done in time.
    """
    answer = await ask(client, IMPORT, content=content(entries))
    id = an_object(an_object(answer.json).get("data")).get("id")
    if not isinstance(id, str):
        raise UnexpectedResponseError(f"{IMPORT} answered without the job's id")
    failed = await _finished(client, id)
    if not failed:
        return [], 0
    failures: Failures = []
    lost = 0
    places = _places(entries)
    async for page in pages(
        client, IMPORT_ERRORS, id, params={"page[size]": str(_ERRORS_PER_PAGE)}
    ):
        for row in rows(page):
            place = _place(places, attributes_of(row), len(entries))
            if place is None:
                lost += 1
            else:
                failures.append((place, fault_of(attributes_of(row))))
    lost = max(lost, failed - len(failures))
    if lost:
        _log.warning("klaviyo: %d failures of import job %s name no profile", lost, id)
    return failures, lost


async def _finished(client: Client[Any], id: str) -> int:
    """Wait for a job; return how many of its profiles failed."""
    clock = client.clock
    until = clock.monotonic() + DEADLINE.total_seconds()
    wait = _FIRST_WAIT
    while True:
        answer = await ask(client, IMPORT_JOB, id)
        job = attributes_of(an_object(an_object(answer.json).get("data")))
        status = job.get("status")
        if status == "complete":
            failed = job.get("failed_count")
            return failed if isinstance(failed, int) else 0
        if status == "cancelled":
            raise UnavailableError(f"Klaviyo cancelled import job {id}. Try again later")
        if clock.monotonic() + wait > until:
            minutes = DEADLINE.total_seconds() / 60
            raise UnavailableError(
                f"import job {id} is not complete after {minutes:.0f} minutes. Try again later"
            )
        await clock.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


def _places(entries: Sequence[Entry]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, one in enumerate(entries):
        for identifier in (one.email, one.phone_number):
            if identifier is not None:
                found.setdefault(identifier.lower(), place)
    return found


def _place(places: Mapping[str, int], error: dict[str, Json], count: int) -> int | None:
    """Tell which profile an import error is about: what was sent tells, else where it stood."""
    payload = an_object(error.get("original_payload"))
    inner = an_object(payload.get("data")) or payload
    sent = an_object(inner.get("attributes")) or inner
    for name in ("email", "phone_number"):
        wanted = sent.get(name)
        if isinstance(wanted, str) and wanted.lower() in places:
            return places[wanted.lower()]
    found = _POINTER.search(fault_of(error).pointer)
    place = int(found[1]) if found else count
    return place if place < count else None
