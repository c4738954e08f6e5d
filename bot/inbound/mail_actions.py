"""Clicks of members who say of a mail that it was them, or that it was not."""

from __future__ import annotations

from typing import Final

from bot.inbound.block_action import Do, number_of, value_of
from bot.outbound import outbox
from bot.platform.identity import Who
from bot.platform.payloads import Click, Pressed
from bot.text import button_values
from bot.text.button_values import FromMail
from bot.text.replies import AboutTicket, Fixed, Reply
from desk import mail_in
from desk.mail_in import Became
from store import Transaction


def _open(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    about = button_values.parse(FromMail, value_of(action))
    if about is None:
        return None
    made = mail_in.opens(tx, who, about.mail, about.account, about.topic)
    _home(tx, who, body)
    return _NOT[made] if isinstance(made, Became) else AboutTicket("mail.opened", made)


def _add(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    added = mail_in.answers(tx, who, number_of(action))
    _home(tx, who, body)
    return _NOT[added] if isinstance(added, Became) else AboutTicket("mail.added", added)


def _not_me(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    _home(tx, who, body)
    return Fixed("mail.not_me") if mail_in.disown(tx, who, number_of(action)) else Fixed("mail.gone")


def _home(tx: Transaction, who: Who, body: Click) -> None:
    """There it waits no longer."""
    outbox.home(tx, who.user, 0, f"home:{body.trigger_id}")


_NOT: Final = {Became.GONE: Fixed("mail.gone"), Became.REFUSED: Fixed("mail.refused")}
CLICKS: Final[dict[str, Do]] = {"mail_open": _open, "mail_add": _add, "mail_not_me": _not_me}
