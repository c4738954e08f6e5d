"""Mail goes over TLS to whom the certificate names, and to nobody else; what is trusted is read once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deskgate import smtp
from store.jobs.job_queue import RetryLaterError
from tests.channels.mailbox import Mailbox

A_DAY = datetime.timedelta(days=1)


def certificate(folder: Path, name: str) -> Path:
    """One that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - A_DAY)
        .not_valid_after(now + A_DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


@pytest.fixture(autouse=True)
def _as_at_the_start() -> Iterator[None]:
    """What is trusted is read when the first mail goes."""
    smtp._tls.cache_clear()
    yield
    smtp._tls.cache_clear()


def mail() -> EmailMessage:
    made = EmailMessage()
    made["To"], made["From"], made["Subject"] = "leo@tideworks.example", "desk@desk.example", "hello"
    made.set_content("words")
    return made


def to(mailbox: Mailbox) -> str:
    return mailbox.url.replace("smtp://127.0.0.1", "smtps://localhost")


@pytest.mark.parametrize(("name", "trusted"), [("localhost", False), ("elsewhere.example", True)])
def test_d5_a_server_whose_certificate_proves_nothing_gets_no_mail(
    name: str, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = certificate(tmp_path, name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
    with Mailbox(certificate=own) as mailbox:
        with pytest.raises(RetryLaterError, match="certificate is not valid"):
            smtp.MailServer(to(mailbox)).send(mail())
        assert mailbox.mails == []


def test_d5_what_is_trusted_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    with Mailbox(certificate=own) as mailbox:
        for _ in range(2):
            server = smtp.MailServer(to(mailbox))
            server.send(mail())
            server.hang_up()
            own.unlink(missing_ok=True)
        assert len(mailbox.mails) == mailbox.sessions == 2
