"""Mail in: an SMTP server for the operator's own mail server and nobody else (docs/mail.md). What it has said 250 to is committed.

It looks nothing up when a mail comes: the answer and the time it takes are the same for every address a mail may be from.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from api.mail import reading
from desk import faults, mail_in
from deskgate.mail_settings import place_of
from deskgate.settings import Settings
from store import ConnectionLostError, Store, retried
from store.mail_in.mail_places import TooManyWaitingError
from store.mail_in.pending_mails import Mail
from store.text import addresses

LARGEST: Final = 30 * 1024 * 1024  # bytes of a mail: 20 MB of files as they travel
SESSIONS: Final = 10
RECIPIENTS: Final = 10
READERS: Final = 2  # mails read and kept at once
PATIENCE: Final = 60.0  # seconds without a word
KEPT: Final = "250 2.0.0 kept"
LATER: Final = "451 4.3.0 it cannot be kept now, try again later"
log = structlog.get_logger("mail_in")


@dataclass
class _Commands:
    """What a session is answered. `ours`: the addresses mail comes to, folded; `own`: those, and the one mail goes out from."""

    store: Store
    ours: frozenset[str]
    own: frozenset[str]
    server: str
    networks: tuple[IPv4Network | IPv6Network, ...]
    pool: ThreadPoolExecutor
    open: set[SMTP] = field(default_factory=set)

    def admits(self, peer: str) -> bool:
        return any(ip_address(peer) in network for network in self.networks)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._without_detail(address) not in self.ours:
            return "550 5.1.1 no mail is taken for that address"
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 yes"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content, returns_to = envelope.content or b"", envelope.mail_from or ""
        raw = content.encode() if isinstance(content, str) else content
        return await asyncio.get_running_loop().run_in_executor(self.pool, self._keep, raw, returns_to)

    async def handle_exception(self, fault: Exception) -> str:
        faults.note(fault, "mail")
        return LATER

    def _keep(self, raw: bytes, returns_to: str) -> str:
        try:
            mail = reading.read(raw, returns_to, server=self.server, ours=self.own)
            is_new = retried(lambda: self._stored(mail))
        except reading.TooMuchError:
            log.warning("mail_not_kept", why="too much to read")
            return "552 5.3.4 more parts, headers or lines than are read"
        except TooManyWaitingError:
            log.warning("mail_not_kept", why="too many wait")
            return "452 4.2.2 too many mails wait here, try again later"
        except ConnectionLostError:
            log.warning("mail_not_kept", why="no database")
            return LATER
        log.info("mail_kept", automatic=mail.automatic, new=is_new)
        return KEPT

    def _stored(self, mail: Mail) -> bool:
        with self.store.transaction(mail_in.CHANNEL) as tx:
            return mail_in.keep(tx, mail)

    @staticmethod
    def _without_detail(address: str) -> str:
        """`support+anything@` is `support@`."""
        local, _, domain = addresses.folded(address).rpartition("@")
        return f"{local.partition('+')[0]}@{domain}"


class _Session(SMTP):
    """One session; for those who are not the operator's mail server, and where there are too many, its first line is its last."""

    def __init__(self, commands: _Commands, **how: Any) -> None:
        self._commands = commands
        super().__init__(commands, **how)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = (transport.get_extra_info("peername") or ("",))[0]
        refused = "" if self._commands.admits(peer) else "554 5.7.1 not from there"
        if not refused and len(self._commands.open) >= SESSIONS:
            refused = "421 4.3.2 too many sessions"
        if refused and isinstance(transport, asyncio.WriteTransport):
            log.warning("mail_session_refused", why=refused[:3])
            transport.write(f"{refused}\r\n".encode())
            transport.close()
            return
        self._commands.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._commands.open:
            self._commands.open.discard(self)
            super().connection_lost(error)


class MailIn:
    """Open from `open` to `close`, both on the loop of the service. `port`: where it listens, which the system chooses for 0."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._host, self.port = place_of(settings.mail_in)
        ours = frozenset(map(addresses.folded, settings.mail_in_address))
        own = ours | {addresses.folded(parseaddr(settings.mail_from)[1])}
        self._pool = ThreadPoolExecutor(READERS, "mail-in")
        self._commands = _Commands(store, ours, own, settings.mail_in_server, settings.mail_in_networks, self._pool)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Raises `OSError` where somebody else listens there."""
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # the library's, which quotes addresses
        loop = asyncio.get_running_loop()
        made: Callable[[], _Session] = partial(
            _Session,
            self._commands,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="deskgate",
            ident="mail in",
            timeout=PATIENCE,
            loop=loop,
        )
        self._server = await loop.create_server(
            made, self._host, self.port, reuse_port=True
        )  # with --workers each process has it
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("mail_in_open", port=self.port)

    async def close(self) -> None:
        """What is being kept is kept, and answered."""
        if self._server is not None:
            self._server.close()
        for one in list(self._commands.open):
            if one.transport is not None:
                one.transport.close()
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)


@asynccontextmanager
async def opened(settings: Settings, store: Store, *, works: bool) -> AsyncIterator[None]:
    """Open as long as it lasts, where MAIL_IN says so and this process `works`."""
    mail_in = MailIn(settings, store) if works and settings.mail_in else None
    if mail_in is not None:
        await mail_in.open()
    try:
        yield
    finally:
        if mail_in is not None:
            await mail_in.close()
