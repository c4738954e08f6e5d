"""Where the Slack app is installed, and the tokens it was given: sealed, rotated, gone when revoked."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from store import tables
from store.db import sweeping
from store.db.keys import Keys
from store.db.statements import AHEAD
from store.db.transaction import Transaction, upsert

STATE_LIFE = 10 * 60_000  # ms an installation may take in the browser
ROTATE_BEFORE = 2 * 3_600_000  # ms before a token ends
INVITED_FOR = 24 * 3_600_000  # ms
_STATES: Final = "install-states"
_INVITED: Final = "install-invited"
_INVITATION: Final = re.compile(r"[0-9a-f]{75}")
_STATE: Final = re.compile(r"[0-9a-f]{11}[A-Za-z0-9_-]{11}[0-9a-f]{11}[0-9a-f]{21}")


@dataclass(frozen=True, slots=True)
class Installation:
    """`team` is a workspace or a Grid organisation. `token` is None for the workspace whose token is in the settings;
    `refresh` where tokens rotate, `expires_at` in ms."""

    team: str
    name: str
    bot_user: str
    bot_id: str
    scopes: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: int | None = None


def put(tx: Transaction, made: Installation, *, anew: bool = False) -> None:
    """Installed (`anew` as well), or its token rotated."""
    row: dict[str, Any] = {
        "team": made.team,
        "name": made.name,
        "bot_user": made.bot_user,
        "bot_id": made.bot_id,
        "scopes": ",".join(made.scopes),
        "token": _seal(tx, made.team, "token", made.token),
        "refresh": _seal(tx, made.team, "refresh", made.refresh),
        "expires_at": made.expires_at,
        "installed_at": tx.now,
        "ended_at": None,
    }
    new = upsert(tx, tables.installations).values(**row)
    kept = ("team",) if anew else ("team", "installed_at")
    again = {name: value for name, value in row.items() if name not in kept}
    tx.connection.execute(new.on_conflict_do_update(index_elements=["team"], set_=again))


def find(tx: Transaction, team: str) -> Installation | None:
    row = tx.connection.execute(_FIND, {"team": team}).first()
    return None if row is None else _installation(tx, row)


def every(tx: Transaction) -> list[Installation]:
    return [_installation(tx, row) for row in tx.connection.execute(_ALL).all()]


def due_to_rotate(tx: Transaction) -> list[str]:
    i = tables.installations.c
    due = select(i.team).where(i.ended_at.is_(None), i.refresh.is_not(None), i.expires_at < tx.now + ROTATE_BEFORE)
    return list(tx.connection.execute(due).scalars())


def end(tx: Transaction, team: str, at: int) -> bool:
    """Uninstalled, or its token revoked, at a time in ms: the token is forgotten, unless it was installed anew since.
    Whether it was installed."""
    i = tables.installations.c
    ended = update(tables.installations).where(i.team == team, i.ended_at.is_(None), i.installed_at <= at)
    gone = {"ended_at": tx.now, "token": None, "refresh": None, "expires_at": None}
    return tx.connection.execute(ended.values(**gone).returning(i.team)).first() is not None


def invite(keys: Keys, now: int) -> str:
    """What the operator gives to whoever is to install the app, good from `now` (ms) for INVITED_FOR. Nothing is kept of it: it
    carries its own time and a seal."""
    return f"{now:011x}" + keys.digest(_INVITED, f"{now:011x}")


def is_invited(keys: Keys, invited: str, now: int) -> bool:
    if not _INVITATION.fullmatch(invited) or not keys.made(invited[11:], _INVITED, invited[:11]):
        return False
    return now - INVITED_FOR < int(invited[:11], 16) <= now + AHEAD


def begin(keys: Keys, invited: str, now: int) -> str:
    """Somebody with that link begins to install, at `now` (ms): the state that must come back with them, once. Nothing is kept of
    it either."""
    words = f"{now:011x}", secrets.token_urlsafe(9)[:11], invited[:11]
    return "".join((*words, keys.digest(_STATES, *words)[:21]))


def is_begun(keys: Keys, state: str, now: int) -> bool:
    """Whether it was begun here of late, come back already or not. Takes no statement."""
    if not _STATE.fullmatch(state) or not keys.made(state[33:], _STATES, state[:11], state[11:22], link_of(state)):
        return False
    return now - STATE_LIFE < int(state[:11], 16) <= now + AHEAD


def link_of(state: str) -> str:
    """By which link it was begun: when that was made."""
    return state[22:33]


def came_back(tx: Transaction, state: str) -> bool:
    """Whether it has come back for the first time."""
    if not is_begun(tx.keys, state, tx.now):
        return False
    s, digests = tables.install_states, tx.keys.digests(_STATES, state)
    if tx.connection.execute(select(s.c.digest).where(s.c.digest.in_(digests))).first() is not None:
        return False
    used = upsert(tx, s).values(digest=digests[0], at=tx.now).on_conflict_do_nothing().returning(s.c.digest)
    return tx.connection.execute(used).first() is not None


def sweep(tx: Transaction) -> bool:
    s = tables.install_states
    return sweeping.some(tx, s, (s.c.at < tx.now - STATE_LIFE) | (s.c.at > tx.now + AHEAD))


def _seal(tx: Transaction, team: str, what: str, secret: str | None) -> bytes | None:
    return None if secret is None else tx.keys.seal("slack-tokens", secret.encode(), f"{what} {team}")


def _installation(tx: Transaction, row: Any) -> Installation:
    opened = {}
    for what in ("token", "refresh"):
        sealed = getattr(row, what)
        plain = tx.keys.open("slack-tokens", sealed, f"{what} {row.team}") if sealed else None
        opened[what] = plain.decode() if plain is not None else None
    scopes = tuple(row.scopes.split(",")) if row.scopes else ()
    return Installation(row.team, row.name, row.bot_user, row.bot_id, scopes, expires_at=row.expires_at, **opened)


_i = tables.installations
_FIND = select(_i).where(_i.c.team == bindparam("team"), _i.c.ended_at.is_(None))
_ALL = select(_i).where(_i.c.ended_at.is_(None)).order_by(_i.c.installed_at)
