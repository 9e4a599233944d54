"""The message itself: its parts and headers, and what nobody can smuggle into them."""

from __future__ import annotations

import email as parsing
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from posthouse import MailServer, PostHouse, mail_server, posted
from stores import _new_store, _postgresql

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import links, sending
from frontdesk_guestlist.templating import Text

__all__ = ["_new_store", "_postgresql"]

pytestmark = pytest.mark.anyio
MORNING = datetime(2026, 6, 2, 8, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="server")
def _server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(name="post")
async def _post(tmp_path: Path, server: MailServer) -> AsyncIterator[PostHouse]:
    async with posted(str(tmp_path / "store.db"), server, at=MORNING, language="en") as post:
        yield post


async def sent(post: PostHouse, made: dict[str, Any] | None = None, **row: Any) -> EmailMessage:
    """Send an e-mail to a guest, and return what came."""
    row = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", **row}
    (uid,) = await post.house.put(row)
    id = await post.email(on=False, **(made or {}))
    mailed = await sending.send_manually(post.house.annex, uid, id, "Grace")
    assert mailed.state == "sent", mailed.reason
    return post.server.message()


async def test_a_message_has_text_and_html_and_says_what_it_is(post: PostHouse) -> None:
    message = await sent(post)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["From"] == "Grand Hotel <stay@grand.example>"
    assert message["To"] == "Ada Lovelace <ada@example.com>"
    assert message["Subject"] == "Hello Ada"
    assert message["Date"] == "Tue, 02 Jun 2026 08:00:00 +0000"
    assert re.fullmatch(r"<[0-9a-f]{32}@grand\.example>", message["Message-ID"])
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["Reply-To"] is None


async def test_one_click_is_enough_to_unsubscribe(post: PostHouse) -> None:
    """RFC 8058: one address in angles, on a line of its own, and the word that it takes a POST."""
    message = await sent(post)

    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (url,) = re.fullmatch(r"<(https://\S+)>", message["List-Unsubscribe"]).groups()  # type: ignore[union-attr]
    assert url.startswith("https://stay.example.com/plugins/guestlist/u/")
    key = await post.house.annex.key()
    property, found = links.read(key, url.rpartition("/")[2], MORNING)
    assert (property, found.purpose, found.preview) == ("grand", "unsubscribe", False)
    # The same in both parts of the message.
    text, html = (part.get_content() for part in message.iter_parts())
    assert url in text
    assert f'href="{url}"' in html
    assert found.mail == message["Message-ID"][1:].partition("@")[0]


async def test_a_long_link_is_not_broken_or_coded_in_its_header(post: PostHouse) -> None:
    """Seen to fail with Python's own way of folding."""
    await sent(post)

    lines = post.server.raw[0].decode("ascii").splitlines()
    (line,) = [line for line in lines if line.startswith("List-Unsubscribe:")]
    assert re.fullmatch(r"List-Unsubscribe: <https://[\x21-\x7e]+>", line)


async def test_answers_go_where_they_should(tmp_path: Path, server: MailServer) -> None:
    reply_to = {"reply_to": "Réception <desk@grand.example>"}
    async with posted(str(tmp_path / "store.db"), server, reply_to, at=MORNING) as post:
        message = await sent(post)

    assert message["Reply-To"] == "Réception <desk@grand.example>"


@pytest.mark.parametrize("name", ["Zoë", "李", "Ada, Countess", 'A "B" C', "é" * 60])
async def test_names_of_any_letters_arrive(post: PostHouse, name: str) -> None:
    message = await sent(post, first_name=name, last_name="")

    # Python's own reader puts spaces into long names; that of the RFC does not.
    plain = parsing.message_from_bytes(post.server.raw[0])
    shown, address = parseaddr(str(make_header(decode_header(plain["To"]))))
    assert (shown, address) == (name, "ada@example.com")
    assert message["Subject"] == f"Hello {name}"
    assert name in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\0"]
)
async def test_nobody_writes_headers_by_a_name(post: PostHouse, end: str) -> None:
    """Seen to fail, with an error, when values are taken as they come."""
    evil = f"Ada{end}Bcc: victim@example.com{end}{end}Spam"
    message = await sent(post, first_name=evil, last_name="", language=f"en{end}X-Evil: 1")

    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert post.server.times == {"ada@example.com": 1}
    assert message["Subject"] == "Hello Ada Bcc: victim@example.com Spam"


async def test_addresses_with_letters_of_their_own(post: PostHouse) -> None:
    await sent(post, email="zoë@bücher.example")

    # The domain as servers know it; the server of this test takes such names.
    assert list(post.server.times) == ["zoë@xn--bcher-kva.example"]


async def test_a_server_that_takes_no_such_letters_is_not_asked_to(
    tmp_path: Path,
) -> None:
    with mail_server(enable_SMTPUTF8=False) as server:
        async with posted(str(tmp_path / "store.db"), server, at=MORNING) as post:
            (uid,) = await post.house.put({"email": "zoë@example.com"})
            id = await post.email(on=False)
            mailed = await sending.send_manually(post.house.annex, uid, id, "Grace")

    assert (mailed.state, server.taken) == ("refused", [])
    assert "takes no address with such letters" in mailed.reason


async def test_lines_are_never_too_long_for_mail(post: PostHouse) -> None:
    body = "word " * 3_000 + "é" * 3_000
    message = await sent(post, {"texts": {"en": Text("Long " * 30 + "é" * 40, body)}})

    raw = message.as_bytes(policy=default.clone(max_line_length=None))
    assert parsing.message_from_bytes(raw, policy=default)["Subject"].startswith("Long Long")
    assert body.split() == message.get_body(("plain",)).get_content().split()[:3_001]  # type: ignore[union-attr]


async def test_the_french_get_it_in_french(post: PostHouse) -> None:
    texts = {"en": Text("Hello", "In"), "fr": Text("Bonjour", "Arrivée : {{ guest.arrival }}")}
    message = await sent(post, {"texts": texts}, language="fr-CA")

    assert message["Subject"] == "Bonjour"
    assert message["Content-Language"] == "fr-CA"
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Arrivée : mardi 2 juin 2026" in text
    assert "Se désabonner de tous les e-mails: https://" in text


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ({"sender": "Grand Hotel"}, "sender is no address"),
        ({"sender": "a\nb <stay@grand.example>"}, "sender is no address"),
        ({"reply_to": "nobody"}, "reply_to is no address"),
        ({"tls": "ssl"}, "tls must be one of starttls, tls, none, not 'ssl'"),
        ({"per_minute": 0}, "per_minute and timeout must be 1 or more"),
        ({"host": "mail.example.com", "user": "u", "password": "p"}, "for all to read"),
    ],
)
async def test_settings_that_make_no_sense_are_named(
    tmp_path: Path, server: MailServer, mail: dict[str, Any], said: str
) -> None:
    async with posted(str(tmp_path / "store.db"), server, mail, at=MORNING) as post:
        (uid,) = await post.house.put({"email": "ada@example.com"})
        id = await post.email()
        if "reply_to" not in mail:
            with pytest.raises(ConfigurationError, match=said):
                await sending.send_manually(post.house.annex, uid, id, "Grace")
            await post.work()
            trouble = await post.house.read(sending.trouble)
            assert said in trouble.reason
        else:
            mailed = await sending.send_manually(post.house.annex, uid, id, "Grace")
            assert said in mailed.reason
    assert not server.taken
