"""Handing messages to the mail server, and what its answers mean."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import attrs

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import mailing
from frontdesk_guestlist.schedule import State
from frontdesk_guestlist.settings import Mail

if TYPE_CHECKING:
    import aiosmtplib

_ENHANCED: Final = re.compile(r"\d\.\d{1,3}\.\d{1,3}(?!\S)")
#: How a connection is begun, by what the settings call it.
_TLS: Final[Mapping[str, Mapping[str, Any]]] = {
    "starttls": {"use_tls": False, "start_tls": True},
    "tls": {"use_tls": True, "start_tls": False},
    "none": {"use_tls": False, "start_tls": False},
}
#: The server is about to close the connection.
_CLOSING: Final = 421
_FOR_GOOD: Final = 500


class Unreachable(Exception):  # noqa: N818  # a signal, not an error: nothing was sent
    """The server takes nothing now; what was to be sent can be sent later.

    Attributes:
        dropped: A connection that worked was closed; another one may work at once.
    """

    def __init__(self, reason: str, *, dropped: bool = False) -> None:
        super().__init__(reason)
        self.dropped = dropped


@attrs.frozen
class Outcome:
    """What became of a message.

    Args:
        reason: In words, with the server's code; it names nobody.
    """

    state: State
    reason: str = ""


@attrs.frozen(eq=False)
class Post:
    """A connection to the mail server."""

    _client: aiosmtplib.SMTP
    _sender: str

    async def hand_over(self, message: EmailMessage, to: str) -> Outcome:
        """Hand over a message for one address; return what became of it.

        Raises:
            Unreachable: The server takes nothing now; it has not taken this either.
        """
        wide = not to.isascii()
        if wide and not self._client.supports_extension("smtputf8"):
            return Outcome("refused", "the mail server takes no address with such letters")
        refused = await self._addressed(to, wide=wide)
        if refused is not None:
            return refused
        policy: Any = message.policy
        policy = policy.clone(utf8=wide)
        return await self._written(message.as_bytes(policy=policy))

    async def _addressed(self, to: str, *, wide: bool) -> Outcome | None:
        """Say whom a message is from and to; return how that was refused, if it was."""
        import aiosmtplib  # noqa: PLC0415  # an extra

        how: dict[str, Any] = {"encoding": "utf-8"} if wide else {}
        options = ["SMTPUTF8", "BODY=8BITMIME"] if wide else []
        try:
            await self._client.mail(self._sender, options=options, **how)
            await self._client.rcpt(to, **how)
        except aiosmtplib.SMTPRecipientRefused as error:
            if error.code == _CLOSING:
                raise Unreachable(_answered("closes", error), dropped=True) from None
            await self._again()
            return _refusal("refused the address", error)
        except aiosmtplib.SMTPResponseException as error:
            if error.code == _CLOSING:
                raise Unreachable(_answered("closes", error), dropped=True) from None
            raise Unreachable(_answered("refused the sender", error)) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(_silence(error), dropped=True) from None
        return None

    async def _written(self, message: bytes) -> Outcome:
        """Hand over a message to whom was named; from here on the server may have it."""
        import aiosmtplib  # noqa: PLC0415  # an extra

        try:
            await self._client.data(message)
        except aiosmtplib.SMTPResponseException as error:
            await self._again()
            return _refusal("refused the message", error)
        except (aiosmtplib.SMTPException, OSError) as error:
            said = f"{_silence(error)}; nobody knows whether it took the message"
            return Outcome("uncertain", said)
        return Outcome("sent")

    async def _again(self) -> None:
        """Have the server forget what was begun; that it cannot shows at the next message."""
        import aiosmtplib  # noqa: PLC0415  # an extra

        with suppress(aiosmtplib.SMTPException, OSError):
            await self._client.rset()


@asynccontextmanager
async def opened(annex: Annex) -> AsyncGenerator[Post]:
    """Open a connection to the mail server.

    Raises:
        Unreachable: It is down, too slow, or lets us not in.
        ConfigurationError: The settings make no sense, or the library is missing.
    """
    mail, own = annex.settings.mail, mailing.sender(annex)
    client = _client(annex, mail, own)
    await _connect(client, mail)
    try:
        yield Post(client, own.address)
    finally:
        await _close(client)


def _client(annex: Annex, mail: Mail, own: mailing.Addressee) -> aiosmtplib.SMTP:
    try:
        import aiosmtplib  # noqa: PLC0415  # an extra
    except ImportError:
        raise ConfigurationError(
            "sending e-mails needs a library; try: pip install 'frontdesk-guestlist[mail]'"
        ) from None
    check(annex, mail)
    return aiosmtplib.SMTP(
        hostname=mail.host,
        port=mail.port,
        username=mail.user,
        password=mail.password or None,
        local_hostname=own.address.rpartition("@")[2],
        timeout=mail.timeout,
        **_TLS[mail.tls],
    )


def check(annex: Annex, mail: Mail) -> None:
    """Refuse settings that make no sense.

    Raises:
        ConfigurationError: It names the setting.
    """
    where = f"connections.{annex.name}.mail"
    if mail.tls not in _TLS:
        raise ConfigurationError(f"{where}: tls must be one of {', '.join(_TLS)}, not {mail.tls!r}")
    if mail.per_minute < 1 or mail.timeout < 1:
        raise ConfigurationError(f"{where}: per_minute and timeout must be 1 or more")
    if mail.user and mail.tls == "none" and not _is_here(mail.host):
        raise ConfigurationError(
            f"{where}: a password would cross the network for all to read; "
            'write tls = "starttls" or tls = "tls"'
        )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _connect(client: aiosmtplib.SMTP, mail: Mail) -> None:
    import aiosmtplib  # noqa: PLC0415  # an extra

    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            # It then says what it can do.
            await client.ehlo()
    except aiosmtplib.SMTPAuthenticationError as error:
        refused = _answered("refused user and password", error)
        raise Unreachable(f"{refused}; see user and password") from None
    except aiosmtplib.SMTPResponseException as error:
        raise Unreachable(_answered("takes no mail now", error)) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Unreachable(_unreached(error, mail)) from None


def _unreached(error: BaseException, mail: Mail) -> str:
    """Return why a server cannot be reached, with what to look at."""
    for missing in ("STARTTLS", "AUTH"):
        # The library has no class for what a server does not offer.
        if f"SMTP {missing} extension" in str(error):
            return f"the mail server offers no {missing}; see tls and user"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "the mail server's certificate, or its TLS, is not to be trusted; see tls"
        if isinstance(cause, TimeoutError):
            return f"the mail server did not answer within {mail.timeout} s"
        if isinstance(cause, ConnectionRefusedError):
            return "the mail server cannot be reached (refused); see host and port"
        cause = cause.__cause__ or cause.__context__
    return f"the mail server cannot be reached ({type(error).__name__}); see host, port, tls"


async def _close(client: aiosmtplib.SMTP) -> None:
    import aiosmtplib  # noqa: PLC0415  # an extra

    try:
        if client.is_connected:
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        # What was to be said is said.
        client.close()


def _refusal(what: str, error: aiosmtplib.SMTPResponseException) -> Outcome:
    state: State = "refused" if error.code >= _FOR_GOOD else "waiting"
    return Outcome(state, _answered(what, error))


def _answered(what: str, error: aiosmtplib.SMTPResponseException) -> str:
    # The rest of what a server says may name the address.
    enhanced = _ENHANCED.match(error.message)
    return f"the mail server {what}: {error.code}{f' {enhanced[0]}' if enhanced else ''}"


def _silence(error: Exception) -> str:
    slow = isinstance(error, TimeoutError)
    return "the mail server did not answer in time" if slow else "the mail server hung up"
