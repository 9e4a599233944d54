"""A mail server on this machine that can be told to misbehave, and a house that mails by it."""

from __future__ import annotations

import asyncio
import email
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import attrs
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from guesthouse import House, opened

from frontdesk_guestlist import emails, schedule, sending
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.rules import Kind, Phase, Rules
from frontdesk_guestlist.schedule import Mailed
from frontdesk_guestlist.templating import Text

PAGES = "https://stay.example.com"
OK = "250 2.0.0 OK"


@attrs.define(eq=False)
class MailServer:
    """What aiosmtpd asks; it keeps what it took."""

    port: int
    #: Whom messages were to, and what they said.
    taken: list[tuple[str, EmailMessage]] = attrs.field(factory=list)
    #: The same as it came.
    raw: list[bytes] = attrs.field(factory=list)
    #: What recipients are answered, if not OK.
    answers: dict[str, str] = attrs.field(factory=dict)
    #: What everybody is answered to their message.
    answer: str = OK
    sender_answer: str = OK
    #: It hangs up after it took this many messages, without an answer to the last one.
    dies_after: int | None = None
    #: It says nothing any more, at the message or at the recipient.
    silent: str = ""
    connections: int = 0
    #: It closes a connection after so many messages.
    per_connection: int | None = None
    on_message: Callable[[str], None] = lambda _: None

    async def handle_EHLO(  # noqa: N802  # its name there
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: Any
    ) -> Any:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.sender_answer != OK:
            return self.sender_answer
        envelope.mail_from = address
        return OK

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.silent == "RCPT":
            await asyncio.Event().wait()
        answer = self.answers.get(address, OK)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer != OK:
            return self.answer
        content = envelope.original_content or b""
        (to,) = envelope.rcpt_tos
        message = email.message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append((to, message))
        self.raw.append(content)
        self.on_message(to)
        if self.silent == "DATA":
            await asyncio.Event().wait()
        if self.dies_after == len(self.taken):
            server.transport.abort()
        if self.per_connection and len(self.taken) % self.per_connection == 0:
            return "421 4.7.0 enough for one connection"
        return OK

    @property
    def times(self) -> Counter[str]:
        """How often something came for whom."""
        return Counter(to for to, _ in self.taken)

    def message(self) -> EmailMessage:
        """Return the only message that came."""
        ((_, message),) = self.taken
        return message

    @contextmanager
    def up(self, **options: Any) -> Iterator[None]:
        """Serve until the block ends."""
        options = {"enable_SMTPUTF8": True, **options}
        running = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        running.start()
        try:
            yield
        finally:
            running.stop()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    """Run a mail server until the block ends."""
    made = MailServer(free_port())
    with made.up(**options):
        yield made


def settings(port: int, **mail: Any) -> dict[str, Any]:
    """Return settings of a house whose mail goes by a server on this machine."""
    how = {
        "sender": "Grand Hotel <stay@grand.example>",
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "live": True,
        "per_minute": 6000,
        "timeout": 5,
    }
    return {"pages_url": PAGES, "mail": {**how, **mail}}


@attrs.frozen(eq=False)
class PostHouse:
    """A house, and the server its mail goes by."""

    house: House
    server: MailServer

    @property
    def clock(self) -> Any:
        return self.house.clock

    async def email(self, *, on: bool = True, existing: bool = True, **more: Any) -> int:
        """Save an e-mail, switch it on, and return its id."""
        made = letter(**more)
        id: int = await self.house.write(emails.save, made, "Grace")
        if on:
            await self.house.write(emails.activate, id, "Grace", existing=existing)
        return id

    @asynccontextmanager
    async def patient(self, seconds: int) -> AsyncIterator[None]:
        """Have the house wait this long for its server."""
        mail = self.house.annex.settings.mail
        whole = mail.timeout
        object.__setattr__(mail, "timeout", seconds)
        yield
        object.__setattr__(mail, "timeout", whole)

    async def work(self) -> None:
        """Do the job once."""
        await sending.work(self.house.annex)

    async def sent(self, uid: str) -> list[Mailed]:
        """Return what a guest got, or should have."""
        from frontdesk_guestlist import guests

        guest = await self.house.read(guests.get, uid)
        found: list[Mailed] = await self.house.read(schedule.sent, guest)
        return found

    async def planned(self, uid: str) -> list[schedule.Planned]:
        """Return what a guest is to get."""
        from frontdesk_guestlist import guests

        guest = await self.house.read(guests.get, uid)
        found: list[schedule.Planned] = await self.house.read(schedule.planned, guest)
        return found


def letter(**more: Any) -> Email:
    """Return an e-mail that goes out on the day of arrival, whatever the time."""
    rules = {"at": more.pop("at", None), **more.pop("rules", {})}
    given = {name: value for name, value in rules.items() if value is not None}
    plain = {
        "name": "Welcome",
        "phase": Phase.PRE_STAY,
        "kind": Kind.INFORMATION,
        "texts": {"en": Text("Hello {{ guest.first_name }}", "Come in, {{ guest.name }}.")},
        "rules": Rules(**{"earliest": 0, "latest": 0, **given}),
    }
    return Email(**plain | more)


@asynccontextmanager
async def posted(
    store: str,
    server: MailServer,
    how: dict[str, Any] | None = None,
    *,
    at: datetime | None = None,
    **more: Any,
) -> AsyncIterator[PostHouse]:
    """Open a house whose mail goes by a server."""
    own = settings(server.port, **(how or {})) | more
    async with opened(store, **own) as house:
        house.clock.at = at or house.clock.at
        yield PostHouse(house, server)
