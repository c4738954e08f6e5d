"""The SMTP side of mail in: for the operator's mail server alone, within bounds, and what it has said 250 to is committed."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from deskgate import smtp_listener
from deskgate.settings import SettingError, read_settings
from deskgate.smtp_listener import LATER
from store import tables
from tests.api.mailing import DESK_ADDRESS, SETTINGS, MailServer, written
from tests.api.odd_mails import mails
from tests.channels.faults import away
from tests.desk import Desk

SENDER = "somebody@elsewhere.example"


@pytest.fixture
def desk(sample_sqlite: str) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, **SETTINGS)
    yield opened
    opened.close()


@pytest.fixture
def server(desk: Desk) -> Iterator[MailServer]:
    with MailServer(desk) as opened:
        yield opened


def kept(desk: Desk) -> int:
    with desk.store.transaction("test") as tx:
        number: int = tx.connection.execute(select(func.count()).select_from(tables.pending_mails)).scalar_one()
    return number


def test_it_takes_mail_for_its_own_addresses_alone(desk: Desk, server: MailServer) -> None:
    raw = written(SENDER, "Hello").as_bytes()
    for to, code in (
        (DESK_ADDRESS, 250),
        ("SUPPORT+1042@Desk.example", 250),
        ("sam@desk.example", 550),
        ("x@else.example", 550),
    ):
        assert server.sends(raw, SENDER, to)[0] == code
    assert kept(desk) == 1


def test_many_recipients_are_refused_and_a_mail_that_is_too_large(desk: Desk, server: MailServer) -> None:
    with server.session() as smtp:
        smtp.ehlo()
        smtp.mail(SENDER)
        codes = [smtp.rcpt(f"support+{n}@desk.example")[0] for n in range(12)]
        assert codes == [250] * 10 + [452] * 2
        smtp.rset()
        code, _ = smtp.mail(SENDER, [f"size={smtp_listener.LARGEST + 1}"])
        assert code == 552
    assert kept(desk) == 0


def test_too_many_sessions_wait(server: MailServer) -> None:
    opened = [server.session() for _ in range(smtp_listener.SESSIONS)]
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        server.session()
    assert refused.value.smtp_code == 421
    for one in opened:
        one.quit()
    with server.session() as again:
        assert again.noop()[0] == 250


def test_nobody_but_the_operators_network_is_heard(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **SETTINGS, mail_in_networks="10.0.0.0/8")
    with MailServer(desk) as server, pytest.raises(smtplib.SMTPConnectError) as refused:
        server.session()
    assert refused.value.smtp_code == 554
    desk.close()


def test_what_cannot_be_stored_is_answered_451(desk: Desk, server: MailServer) -> None:
    with away(desk):
        code, words = server.says(SENDER, "Hello")
    assert f"{code} {words}" == LATER
    assert server.says(SENDER, "Hello")[0] == 250
    assert kept(desk) == 1


def test_odd_mails_are_kept_over_a_real_session(desk: Desk, server: MailServer) -> None:
    """And the desk and whoever's they might be can look at each."""
    codes = {server.sends(raw.replace(b"\r\n.", b"\r\n"), SENDER)[0] for raw in mails(60, seed=7)}
    assert codes <= {250, 452, 500}  # 500: a line longer than SMTP has
    assert kept(desk) > 20


def test_settings_of_mail_in_are_checked() -> None:
    wrong = {
        "MAIL_IN": {"mail_in": "mail.example:25", "mail_in_address": DESK_ADDRESS},
        "MAIL_IN_ADDRESS": {"mail_in": "127.0.0.1:2525"},
        "MAIL_IN_NETWORKS": {"mail_in": "10.0.0.1:2525", "mail_in_address": DESK_ADDRESS},
        "MAIL_IN_SERVER": {"mail_in_server": "mx desk"},
    }
    for name, given in wrong.items():
        with pytest.raises(SettingError) as refused:
            read_settings(_env_file=None, **given)
        assert refused.value.names == {name}
    read_settings(_env_file=None, mail_in="10.0.0.1:2525", mail_in_address=DESK_ADDRESS, mail_in_networks="10.0.0.25")
