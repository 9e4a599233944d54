"""Who takes e-mails to the server: one connection for many, and not too fast."""

from __future__ import annotations

from contextlib import AsyncExitStack
from email.message import EmailMessage
from functools import partial
from types import TracebackType
from typing import Final, Self

import anyio
import attrs
from sqlalchemy import Connection as Db

from frontdesk import addresses
from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import claiming, mailing, posting, templating, troubles
from frontdesk_guestlist.claiming import Claim
from frontdesk_guestlist.posting import Outcome, Post, Unreachable

_MINUTE: Final = 60.0


@attrs.define(eq=False)
class Courier:
    """Takes e-mails to the server.

    Args:
        key: What links are signed with.
    """

    annex: Annex
    key: bytes = attrs.field(repr=False)
    #: Whether something was sent.
    sent: bool = False
    _post: Post | None = None
    _stack: AsyncExitStack = attrs.field(factory=AsyncExitStack)
    _next: float = 0.0

    async def __aenter__(self) -> Self:
        """Take up the work; the server is spoken to when there is something to send."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say goodbye to the server."""
        with anyio.CancelScope(shield=True):
            await self._hang_up()

    async def connected(self) -> Post:
        """Return the connection to the server.

        Raises:
            Unreachable: There is none to be had.
            ConfigurationError: The settings make no sense, or the library is missing.
        """
        if self._post is None:
            self._post = await self._stack.enter_async_context(posting.opened(self.annex))
        return self._post

    async def take(self, claim: Claim) -> Outcome:
        """Take an e-mail that was claimed to the server, and note what became of it.

        Raises:
            Unreachable: The server takes nothing now; the claim still stands.
            ConfigurationError: As :meth:`connected`.
        """
        try:
            message, to = _made(self.annex, self.key, claim)
        except ConfigurationError as error:
            outcome = Outcome("failed", str(error))
        except ValueError as error:
            # Its text may quote what the guest is called.
            outcome = Outcome("failed", f"it cannot be made ({type(error).__name__})")
        else:
            outcome = await self._handed(message, to)
        await self.annex.write(partial(_settled, annex=self.annex, claim=claim, outcome=outcome))
        self.sent |= outcome.state == "sent"
        return outcome

    async def _handed(self, message: EmailMessage, to: str) -> Outcome:
        """Hand over a message; a connection that was closed meanwhile is opened anew, once."""
        self._next = self.annex.clock.monotonic() + _MINUTE / self.annex.settings.mail.per_minute
        fresh = self._post is None
        try:
            outcome = await (await self.connected()).hand_over(message, to)
        except Unreachable as error:
            await self._hang_up()
            if fresh or not error.dropped:
                raise
            return await self._handed(message, to)
        if outcome.state == "uncertain":
            await self._hang_up()
        return outcome

    async def pace(self) -> None:
        """Wait until the next e-mail may leave."""
        wait = self._next - self.annex.clock.monotonic()
        if wait > 0:
            await self.annex.clock.sleep(wait)

    async def _hang_up(self) -> None:
        self._post = None
        await self._stack.aclose()


def _made(annex: Annex, key: bytes, claim: Claim) -> tuple[EmailMessage, str]:
    guest = claim.guest
    rendered = templating.render(annex, key, claim.email, guest, mail=claim.uid)
    # As it is written: what stands before the @ may be told apart by its capitals.
    to = mailing.addressee(guest.name, addresses.email(guest.email) or guest.address)
    message = mailing.build(annex, claim.uid, to, rendered, at=annex.clock.now())
    return message, to.address


def _settled(db: Db, annex: Annex, claim: Claim, outcome: Outcome) -> None:
    claiming.settle(db, annex, claim, outcome)
    if outcome.state in {"sent", "refused", "waiting"}:
        # It answered.
        troubles.clear(db, annex)
