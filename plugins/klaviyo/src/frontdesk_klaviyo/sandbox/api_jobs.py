"""Jobs that can be asked after: imports and suppressions."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from msgspec import UNSET

from frontdesk_klaviyo.sandbox import filters, shapes, shapes_consent
from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.api_consent import PROFILES
from frontdesk_klaviyo.sandbox.api_unsubscribe import addresses
from frontdesk_klaviyo.sandbox.call import Call, sparse, stamp
from frontdesk_klaviyo.sandbox.filters import Kind
from frontdesk_klaviyo.sandbox.jobs import Failure, Job
from frontdesk_klaviyo.sandbox.lists import List
from frontdesk_klaviyo.sandbox.people import Who, read_who
from frontdesk_klaviyo.sandbox.query import paged
from frontdesk_klaviyo.sandbox.refusal import Problem, invalid, missing
from frontdesk_klaviyo.sandbox.resolving import resolved, too_large
from frontdesk_klaviyo.sandbox.shapes import Data
from frontdesk_klaviyo.sandbox.wire import Reply

IMPORTED: Final = 10_000
IMPORT: Final = "profile-bulk-import-job"
SUPPRESS: Final = "profile-suppression-bulk-create-job"
UNSUPPRESS: Final = "profile-suppression-bulk-delete-job"
_EQUALS: Final = frozenset({"equals"})
IMPORT_FILTERS: Final = {"status": Kind(_EQUALS, frozenset({"any", "equals"}))}
SUPPRESSION_FILTERS: Final = {
    "status": Kind(_EQUALS),
    "list_id": Kind(_EQUALS),
    "segment_id": Kind(_EQUALS),
}
_FIELDS: Final = (
    "completed_at",
    "completed_count",
    "created_at",
    "expires_at",
    "failed_count",
    "id",
    "started_at",
    "status",
    "total_count",
    "skipped_count",
)
_ERROR_FIELDS: Final = (
    "code",
    "detail",
    "id",
    "original_payload",
    "source",
    "source.pointer",
    "title",
)


# --- imports -------------------------------------------------------------------------------


def import_profiles(call: Call) -> Reply:
    """Queue an import of many profiles, or refuse it as a whole."""
    data = call.read(Data[shapes.ImportJob]).data
    raws = data.attributes.profiles.data
    call.items = len(raws)
    if not 1 <= len(raws) <= IMPORTED:
        raise invalid(f"A request may have 1 to {IMPORTED} profiles, not {len(raws)}.", PROFILES)
    good, problems = call.reader.each(shapes.ProfileUpsert, raws, PROFILES)
    lenient = call.options.bulk_invalid_phone == "partial"
    people: list[tuple[int, Who]] = []
    for index, one in good.items():
        place = f"{PROFILES}/{index}"
        identity = None if one.id is UNSET else one.id
        who, faults = read_who(
            call, place, one.attributes, identity=identity, meta=one.meta, partial=lenient
        )
        if too_large(raws[index]):
            faults = [Problem("A profile may have at most 100 KB.", place)]
        problems += faults
        people.append((index, who))
    call.refuse(problems)
    lists = _lists(call, data.relationships)
    strict = call.options.identifier_conflict == "409"
    task = partial(_import, call.account, people, strict)
    names = tuple(one.id for one in lists)
    job = call.account.jobs.start(IMPORT, len(people), call.now, task, names)
    return Reply(202, {"data": job_row(call, job)})


def _lists(call: Call, relationships: Any) -> list[List]:
    if relationships is UNSET or relationships.lists is UNSET:
        return []
    found: list[List] = []
    for reference in relationships.lists.data:
        row = call.account.lists.by_id(reference.id)
        if row is None:
            raise missing(f"A list with id {reference.id} does not exist.")
        found.append(row)
    return found


def _import(
    account: Account, people: list[tuple[int, Who]], strict: bool, job: Job, now: datetime
) -> None:
    lists = [made for one in job.lists if (made := account.lists.by_id(one)) is not None]
    for index, who in people:
        row, problem = resolved(account, who, now, strict=strict)
        if row is None:
            job.failures.append(_failure(index, who, problem))
            continue
        account.profiles.change(row, who.changes, now)
        account.profiles.patch(row, who.meta, now)
        job.completed += 1
        for one in lists:
            one.members.setdefault(row.number, now)
    account.counts["imported"] += job.completed


def _failure(index: int, who: Who, problem: Problem) -> Failure:
    attributes: dict[str, Any] = {**who.changes}
    return Failure(
        code="duplicate_profile" if problem.meta else "invalid",
        title="Conflict." if problem.meta else "Invalid input.",
        detail=problem.detail,
        pointer=f"{PROFILES}/{index}/attributes",
        payload={"type": "profile", "id": who.id, "attributes": attributes},
    )


def get_import_errors(call: Call) -> Reply:
    """Read the rows an import could not use, page by page."""
    job = _job(call, "id", IMPORT)
    fields = call.query.choices("fields[import-error]", _ERROR_FIELDS)
    places = [(number, number) for number in range(len(job.failures))]
    numbers, links = paged(places, call.query)
    rows = [_error_row(job, number, fields) for number in numbers]
    return Reply(200, {"data": rows, "links": links})


def _error_row(job: Job, number: int, fields: tuple[str, ...]) -> dict[str, Any]:
    failure = job.failures[number]
    attributes = {
        "code": failure.code,
        "title": failure.title,
        "detail": failure.detail,
        "source": {"pointer": failure.pointer},
        "original_payload": failure.payload,
    }
    return {
        "type": "import-error",
        "id": f"{job.id}-{number}",
        "attributes": sparse(attributes, fields),
    }


# --- suppressions --------------------------------------------------------------------------


def suppress(call: Call) -> Reply:
    """Queue a suppression."""
    who = addresses(call, call.read(Data[shapes_consent.SuppressJob]).data)
    return _queued(call, who, SUPPRESS)


def unsuppress(call: Call) -> Reply:
    """Queue the end of a suppression."""
    who = addresses(call, call.read(Data[shapes_consent.UnsuppressJob]).data)
    return _queued(call, who, UNSUPPRESS)


def _queued(call: Call, who: list[str] | List, kind: str) -> Reply:
    lists = (who.id,) if isinstance(who, List) else ()
    task = partial(_suppress, call.account, who)
    job = call.account.jobs.start(kind, call.items, call.now, task, lists)
    return Reply(202, {"data": job_row(call, job)})


def _suppress(account: Account, who: list[str] | List, job: Job, now: datetime) -> None:
    profiles = account.profiles
    if isinstance(who, List):
        rows = [row for number in who.members if (row := profiles.at(number)) is not None]
    else:
        rows = []
        for email in who:
            row = profiles.get(email)
            if row is None and job.kind == SUPPRESS:
                row = profiles.create(now)
                profiles.change(row, {"email": email}, now)
            if row is None:
                job.skipped += 1
                continue
            rows.append(row)
    for row in rows:
        if job.kind == SUPPRESS:
            row.consent().suppress("USER_SUPPRESSED", now)
            account.counts["suppressed"] += 1
        elif row.consents is None or not row.consents.unsuppress(now):
            job.skipped += 1
            continue
        job.completed += 1


# --- jobs ----------------------------------------------------------------------------------


def get_import_job(call: Call) -> Reply:
    """Read one import."""
    return _one(call, IMPORT)


def get_suppress_job(call: Call) -> Reply:
    """Read one suppression."""
    return _one(call, SUPPRESS)


def get_unsuppress_job(call: Call) -> Reply:
    """Read the end of one suppression."""
    return _one(call, UNSUPPRESS)


def get_import_jobs(call: Call) -> Reply:
    """Read imports page by page."""
    return _many(call, IMPORT, IMPORT_FILTERS, "created_at")


def get_suppress_jobs(call: Call) -> Reply:
    """Read suppressions page by page."""
    return _many(call, SUPPRESS, SUPPRESSION_FILTERS, "created")


def get_unsuppress_jobs(call: Call) -> Reply:
    """Read ends of suppressions page by page."""
    return _many(call, UNSUPPRESS, SUPPRESSION_FILTERS, "created")


def _one(call: Call, kind: str) -> Reply:
    return Reply(200, {"data": job_row(call, _job(call, "job_id", kind))})


def _many(call: Call, kind: str, kinds: dict[str, Kind], by: str) -> Reply:
    conditions = filters.parse(call.query.get("filter"), kinds)
    _, down = call.query.sort((by,), by)
    rows = [job for job in call.account.jobs if job.kind == kind]
    places: list[tuple[Any, int]] = []
    for number, job in enumerate(rows):
        values: dict[str, Any] = {
            "status": job.status.value,
            "list_id": next(iter(job.lists), None),
            "segment_id": None,
        }
        if all(one.holds(values[one.field]) for one in conditions):
            places.append((job.id, number))
    numbers, links = paged(sorted(places), call.query, down=down)
    return Reply(200, {"data": [job_row(call, rows[n]) for n in numbers], "links": links})


def _job(call: Call, name: str, kind: str) -> Job:
    job = call.account.jobs.get(call.args[name], kind)
    if job is None:
        raise missing(f"A job with id {call.args[name]} does not exist.")
    return job


def job_row(call: Call, job: Job) -> dict[str, Any]:
    """Show a job."""
    path = f"{job.kind}s/{job.id}"
    imported = job.kind == IMPORT
    attributes: dict[str, Any] = {
        "status": job.status.value,
        "created_at": stamp(job.created),
        "total_count": job.total,
        "completed_count": job.completed,
        "completed_at": stamp(job.finished),
    }
    names = ("lists", "segments")
    if imported:
        attributes["failed_count"] = len(job.failures)
        attributes["started_at"] = stamp(job.started)
        attributes["expires_at"] = stamp(job.expires)
        names = ("lists", "profiles")
    else:
        attributes["skipped_count"] = job.skipped
    related: dict[str, Any] = {name: {"links": call.related(path, name)} for name in names}
    related["lists"]["data"] = [{"type": "list", "id": one} for one in job.lists]
    if imported:
        link = call.related(path, "import-errors")["related"]
        related["import-errors"] = {"links": {"related": link}}
    fields = call.query.choices(f"fields[{job.kind}]", _FIELDS)
    return {
        "type": job.kind,
        "id": job.id,
        "attributes": sparse(attributes, fields),
        "relationships": related,
        "links": call.link(path),
    }
