"""How the server is spoken to: enciphered where that is said, and with what is secret kept so."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from posthouse import MailServer, free_port, mail_server, posted

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import posting, sending

pytestmark = pytest.mark.anyio
MORNING = datetime(2026, 6, 2, 8, tzinfo=UTC)
PASSWORD = "s3cret-CANARY"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="certificate", scope="module")
def _certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that nobody but its own file vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file = tmp_path_factory.mktemp("tls") / "mail.pem"
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(secret + made.public_bytes(pem))
    return file


@contextmanager
def enciphered(certificate: Path, how: str, **more: Any) -> Iterator[MailServer]:
    """Run a server that speaks TLS, from the start or once it is asked to."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    tls = {"tls": {"ssl_context": context}, "starttls": {"tls_context": context}}[how]
    must = {"require_starttls": True} if how == "starttls" else {}
    with mail_server(**tls, **must, **more) as server:
        yield server


async def outcome(store: Path, server: MailServer, **mail: Any) -> tuple[str, str]:
    """Send one e-mail; return how it is, and why."""
    async with posted(str(store / "store.db"), server, mail, at=MORNING) as post:
        (uid,) = await post.house.put({"email": "ada@example.com"})
        id = await post.email(on=False)
        mailed = await sending.send_manually(post.house.annex, uid, id, "Grace")
        return mailed.state, mailed.reason


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_server_with_a_certificate_is_trusted(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with enciphered(certificate, tls) as server:
        assert await outcome(tmp_path, server, tls=tls) == ("sent", "")
    assert server.times == {"ada@example.com": 1}


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_server_that_nobody_vouches_for_gets_nothing(
    tmp_path: Path, certificate: Path, tls: str
) -> None:
    """Seen to fail when certificates are not looked at."""
    with enciphered(certificate, tls) as server:
        state, reason = await outcome(tmp_path, server, tls=tls)

    assert state == "waiting"
    assert "not to be trusted" in reason
    assert not server.taken


async def test_a_server_that_cannot_encipher_gets_nothing(tmp_path: Path) -> None:
    """Seen to fail when STARTTLS is used only where it is offered."""
    with mail_server() as server:
        state, reason = await outcome(tmp_path, server, tls="starttls")

    assert state == "waiting"
    assert "STARTTLS" in reason
    assert not server.taken


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
async def test_user_and_password_are_said_and_never_shown(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    def check(_server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        right = (given.login, given.password) == (b"stay", PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with enciphered(certificate, "starttls", authenticator=check, auth_required=True) as server:
        how = {"tls": "starttls", "user": "stay", "password": password}
        found = await outcome(tmp_path, server, **how)

    if password == PASSWORD:
        assert found == ("sent", "")
    else:
        wrong = "the mail server refused user and password: 535 5.7.8"
        assert found == ("waiting", f"{wrong}; see user and password")
        assert not server.taken


async def test_what_is_wrong_names_the_kind_and_what_to_look_at(tmp_path: Path) -> None:
    state, reason = await outcome(tmp_path, MailServer(free_port()))

    assert state == "waiting"
    assert reason == "the mail server cannot be reached (refused); see host and port"


async def test_without_the_library_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "aiosmtplib", None)

    state, reason = await outcome(tmp_path, MailServer(1))

    assert state == "waiting"
    assert reason.endswith("pip install 'frontdesk-guestlist[mail]'")


def test_sending_does_not_load_its_library_before_it_is_needed() -> None:
    import subprocess
    import sys

    code = "import frontdesk_guestlist.sending, sys; sys.exit('aiosmtplib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_password_crosses_no_network_for_all_to_read() -> None:
    from types import SimpleNamespace

    from frontdesk_guestlist.settings import Mail

    def check(host: str) -> None:
        mail = Mail(sender="a@b.example", host=host, tls="none", user="u", password=PASSWORD)
        annex: Any = SimpleNamespace(name="grand")
        posting.check(annex, mail)

    for host in ("localhost", "127.0.0.1", "::1"):
        check(host)
    for host in ("mail.example.com", "10.0.0.1"):
        with pytest.raises(ConfigurationError, match="for all to read") as raised:
            check(host)
        assert PASSWORD not in str(raised.value)
