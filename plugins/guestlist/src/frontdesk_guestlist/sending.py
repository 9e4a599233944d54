"""Sending what is due, each once: the job, and what staff send by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, NoReturn, TypeVar

import anyio
import attrs
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex, Job
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import (
    changes,
    claiming,
    emails,
    guests,
    links,
    mailing,
    posting,
    schedule,
    troubles,
)
from frontdesk_guestlist.claiming import Claim
from frontdesk_guestlist.couriers import Courier
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.posting import Unreachable
from frontdesk_guestlist.rules import Kind
from frontdesk_guestlist.schedule import Mailed, WhyNot
from frontdesk_guestlist.schema import mails
from frontdesk_guestlist.troubles import Trouble

_T = TypeVar("_T")
#: How often it is looked whether something is due.
EVERY: Final = timedelta(seconds=30)
#: When an e-mail that was sent by hand is tried again.
_SOON: Final = timedelta(minutes=1)
#: What staff are told who send by hand.
_STOPPED: Final = {
    WhyNot.STOPPED: "the guest is unsubscribed from all e-mails; nothing was sent",
    WhyNot.ELSEWHERE: "the guest unsubscribed elsewhere and gets only service e-mails, which "
    "this one is not; nothing was sent",
}


class _Over(Exception):  # noqa: N818  # a signal: nothing more leaves at the moment
    """The server takes nothing now; it is noted."""


def job() -> Job:
    """Return the job that sends what is due."""
    return Job(name="e-mails", every=EVERY, work=work)


async def work(annex: Annex) -> None:
    """Send what is due now."""
    if annex.settings.mail is None:
        return
    await annex.write(partial(claiming.recover, annex=annex))
    known = await annex.read(partial(trouble, annex=annex))
    if known is not None and annex.clock.now() < known.next_try:
        return
    if not (annex.settings.pages_url or annex.pages_url):
        # Nothing goes out that cannot be unsubscribed from.
        return
    await _note_missed(annex)
    async with Courier(annex, await annex.key()) as courier:
        await _Round(annex, courier).go()
    if courier.sent:
        annex.call()


async def send_manually(
    annex: Annex, guest_uid: str, email_id: int, who: str, *, once: str = ""
) -> Mailed:
    """Send an e-mail to a guest now, whatever its rules are; return how that went.

    Stops are obeyed, and so is test mode. If the server cannot be reached, it waits.

    Args:
        who: The user that asked for it.
        once: A word of the form that was sent: sent again, it sends no second e-mail.

    Raises:
        ConfigurationError: There is no such guest or e-mail, the guest has no valid address
            or unsubscribed, or no mail server is set.
    """
    key = await annex.key()
    _refuse_settings(annex)
    take = partial(_by_hand, annex=annex, uid=guest_uid, id=email_id, who=who)
    claim, uid = await annex.write(partial(take, once=once or changes.chosen()), durable=True)
    if claim is not None:
        with anyio.CancelScope(shield=True):
            await _taken(annex, key, claim)
    found = await annex.read(lambda db: schedule.mailed(db, mails.c.uid == uid))
    return found[0]


def trouble(db: Db, annex: Annex) -> Trouble | None:
    """Return why nothing leaves at the moment, if so."""
    return troubles.read(db, annex)


@attrs.define(eq=False)
class _Round:
    """Everything that is due at a time, taken by one courier."""

    annex: Annex
    courier: Courier
    _trouble: Trouble | None = None

    async def go(self) -> None:
        """Send all that is due, until it is done or the server takes nothing more."""
        found = await self.annex.read(partial(emails.all_, annex=self.annex))
        after = {email.id: 0 for email in sorted(found, key=_is_patient) if email.active}
        try:
            await self._waiting()
            while after:
                # A page of each in turn: what is due for thousands keeps nobody waiting.
                for id in list(after):
                    last = await self._page(id, after.pop(id))
                    if last is not None:
                        after[id] = last
                    await self._waiting()
        except _Over:
            return

    async def _waiting(self) -> None:
        """Try again what waited long enough."""
        asked = partial(claiming.waiting, annex=self.annex, limit=schedule.PAGE)
        for id in await self.annex.write(asked):
            await self._send(partial(claiming.claim_again, annex=self.annex, id=id))

    async def _page(self, id: int, after: int) -> int | None:
        """Send one e-mail to a page of guests; return the last of them, None at the end."""
        annex, mail = self.annex, self.annex.settings.mail
        email, due, last = await annex.read(partial(_due, annex=annex, id=id, after=after))
        if email is None:
            return None
        free = [guest for guest in due if mailing.is_allowed(mail, guest.address)]
        if len(free) < len(due):
            held = [guest for guest in due if not mailing.is_allowed(mail, guest.address)]
            await annex.write(partial(claiming.hold, annex=annex, email=email, some=held))
        try:
            for guest in free:
                claim = partial(claiming.claim, annex=annex, email_id=id, guest_id=guest.id)
                await self._send(claim)
        except _Over:
            await self._postpone(email, free)
            raise
        return last

    async def _send(self, claim: Callable[[Db], Claim | None]) -> None:
        """Send an e-mail, if it can be claimed."""
        await self._reaching(self.courier.connected)
        await self.courier.pace()
        # Whoever stops the service waits until it is known what became of this one.
        with anyio.CancelScope(shield=True):
            taken = await self.annex.write(claim, durable=True)
            if taken is None:
                return
            outcome = await self._reaching(partial(self.courier.take, taken), taken)
            if outcome.state == "uncertain":
                await self._stop(outcome.reason)

    async def _reaching(self, what: Callable[[], Awaitable[_T]], taken: Claim | None = None) -> _T:
        """Do what needs the server; that it takes nothing ends the round."""
        try:
            done = await what()
        except (Unreachable, ConfigurationError) as error:
            reason = str(error)
        else:
            return done
        return await self._stop(reason, taken)

    async def _stop(self, reason: str, taken: Claim | None = None) -> NoReturn:
        """Note why nothing more leaves, let what was claimed wait, and end the round."""

        def noted(db: Db) -> Trouble:
            found = troubles.note(db, self.annex, reason)
            if taken is not None:
                claiming.release(db, taken, reason=reason, until=found.next_try)
            claiming.delay(db, self.annex, found.next_try)
            return found

        self._trouble = await self.annex.write(noted)
        raise _Over

    async def _postpone(self, email: Email, some: Sequence[Guest]) -> None:
        found = self._trouble
        if found is None:
            return
        await self.annex.write(
            lambda db: claiming.postpone(
                db, self.annex, email, some, reason=found.reason, until=found.next_try
            )
        )


async def _note_missed(annex: Annex) -> None:
    """Note what was not sent in its time, so that it is seen."""
    for email in await annex.read(partial(emails.all_, annex=annex)):
        after: int | None = 0
        while after is not None:
            asked = partial(schedule.missed, annex=annex, email=email, after=after)
            some, after = await annex.read(asked)
            if some:
                await annex.write(partial(claiming.miss, annex=annex, email=email, some=some))


def _due(db: Db, annex: Annex, id: int, after: int) -> tuple[Email | None, list[Guest], int | None]:
    email = emails.get(db, annex, id)
    return (None, [], None) if email is None else (email, *schedule.due(db, annex, email, after))


def _is_patient(email: Email) -> bool:
    """Tell whether an e-mail can wait for those that say what has just happened."""
    return email.kind is not Kind.CONFIRMATION and not email.rules.instantly


def _refuse_settings(annex: Annex) -> None:
    if annex.settings.mail is None:
        raise ConfigurationError(
            f"connections.{annex.name}: no mail server is set; write [connections.{annex.name}.mail]"
        )
    posting.check(annex, annex.settings.mail)
    mailing.sender(annex)
    links.url(annex, "", links.Purpose.UNSUBSCRIBE)


def _by_hand(
    db: Db, annex: Annex, uid: str, id: int, who: str, *, once: str
) -> tuple[Claim | None, str]:
    """Take an e-mail to be sent by hand; return it, and the uid of its row."""
    guest, email = guests.get(db, annex, uid), emails.get(db, annex, id)
    if guest is None or guest.hidden is not None:
        raise ConfigurationError("there is no such guest in this list; reload the list")
    if email is None:
        raise ConfigurationError("there is no such e-mail; somebody may have removed it")
    if not guest.address:
        raise ConfigurationError("the guest has no valid e-mail address; nothing was sent")
    why = claiming.stopped(db, annex, email, guest)
    if why:
        raise ConfigurationError(_STOPPED[why])
    return claiming.claim_by_hand(db, annex, email, guest, once=once, who=who)


async def _taken(annex: Annex, key: bytes, claim: Claim) -> None:
    """Take an e-mail to the server that somebody sends by hand; it waits if there is none."""
    async with Courier(annex, key) as courier:
        try:
            await courier.take(claim)
        except (Unreachable, ConfigurationError) as error:
            reason, until = str(error), annex.clock.now() + _SOON
            await annex.write(lambda db: claiming.release(db, claim, reason=reason, until=until))
    if courier.sent:
        annex.call()
