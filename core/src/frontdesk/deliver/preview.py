"""What a delivery would send: counted by the very steps that would send it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection as Db

from frontdesk.connection import Connection
from frontdesk.deliver import batches, consents, events, profiles
from frontdesk.deliver.delivering import look, read_log
from frontdesk.deliver.session import Session
from frontdesk.deliver.untimed import count_untimed
from frontdesk.outgoing import Load, Outcome
from frontdesk.withholding import sensitive_names


async def preview(session: Session, connections: Mapping[str, Connection]) -> None:
    """Count what a delivery would send, and note what a person should know before."""
    await read_log(session, exclusions=True)
    await _count_opt_outs(session)
    await _count_profiles(session)
    await _count_opt_ins(session)
    for live in (True, False):
        await _count_events(session, live=live)
    session.report.notes.extend(await _notes(session, connections))


async def _count_opt_outs(session: Session) -> None:
    async def page(after: Any) -> Any:
        plan = await _read(session, lambda db: consents.plan_opt_outs(db, session, after=after))
        session.report.add(batches.labels(session, plan.items.sent))
        _count_refused(session, Load.OPT_OUTS, plan.items)
        return plan.read[-1] if plan.read else None

    await _pages(page)


async def _count_profiles(session: Session) -> None:
    async def page(after: Any) -> Any:
        plan = await _read(session, lambda db: profiles.plan(db, session, after=after))
        session.report.add(batches.labels(session, plan.items.sent))
        session.report.unchanged += plan.unchanged
        _count_refused(session, Load.PROFILES, plan.items)
        return plan.turn.read[-1] if plan.turn.read else None

    await _pages(page)


async def _count_opt_ins(session: Session) -> None:
    async def page(after: Any) -> Any:
        plan = await _read(session, lambda db: consents.plan_opt_ins(db, session, after=after))
        newer = await look(session, plan.planned)
        items = consents.willing(session, plan.planned, newer)
        session.report.add(batches.labels(session, items.sent))
        consents.count_skipped(session.report, plan, newer)
        _count_refused(session, Load.OPT_INS, items)
        return plan.turn.read[-1] if plan.turn.read else None

    await _pages(page)


async def _count_events(session: Session, *, live: bool) -> None:
    load = Load.LIVE_EVENTS if live else Load.HISTORY_EVENTS

    async def page(after: Any) -> Any:
        plan = await _read(session, lambda db: events.plan(db, session, live=live, after=after))
        session.report.add(batches.labels(session, plan.items.sent))
        for _, reason in plan.held:
            session.report.leave(load, "held", reason)
        if plan.lost:
            session.report.leave(load, "skipped", "forgotten", len(plan.lost))
        _count_refused(session, load, plan.items)
        return plan.read[-1].key if plan.read else None

    await _pages(page)


def _count_refused(session: Session, load: Load, items: Any) -> None:
    for _, receipt in items.refused:
        outcome: Outcome = receipt.outcome
        session.report.leave(load, outcome, receipt.reason)


async def _pages(page: Callable[[Any], Awaitable[Any]]) -> None:
    after = await page(None)
    while after is not None:
        after = await page(after)


async def _read(session: Session, question: Callable[[Db], Any]) -> Any:
    return await session.store.read(question)


async def _notes(session: Session, connections: Mapping[str, Connection]) -> Iterator[str]:
    notes: list[str] = []
    name = session.destination.name
    metrics = sorted({what for _, what in session.report.sent} - _OTHERS)
    lists = {
        listed
        for source in session.sources
        for channel in session.destination.manifest.channels
        if (listed := session.subscribers(source, channel)) is not None
    }
    hooks = session.destination.hooks
    notes += await hooks.preview(session.client, metrics, sorted(lists), session.context)
    for source in session.sources.values():
        connection = connections[source.name]
        sensitive = sorted(sensitive_names(connection.manifest))
        if sensitive and not connection.withhold_said:
            notes.append(
                f"connection {source.name!r} sends fields marked as sensitive: "
                f"{', '.join(sensitive)}; keep them back with withhold = "
                f'"sensitive", or write withhold = [] if they may go'
            )
    if untimed := await count_untimed(session):
        notes.append(
            f"of {untimed} opt-ins nobody knows when they were given: going live asks for "
            f'consent_without_time = "skip" or "first_seen" under [destinations.{name}]'
        )
    if not session.sources:
        notes.append("nothing feeds it yet: none of its connections has been synced")
    elif not lists:
        notes.append("nobody will be subscribed: no list is named under subscribers")
    return iter(notes)


_OTHERS = {"profiles", "opt-outs: email", "opt-outs: sms", "opt-ins: email", "opt-ins: sms"}
