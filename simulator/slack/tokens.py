"""Tokens of the app: the one it begins with, and those of an installation by OAuth, which rotate (2.9)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from simulator.slack.cast import App
from simulator.slack.refusals import RefusedError

CODE_LIVES = 600.0
TOKEN_LIVES = 43_200
Clock = Callable[[], float]


class Tokens:
    """What opens the Web API. Called under the workspace's lock."""

    def __init__(self, app: App, now: Clock) -> None:
        self._app = app
        self._now = now
        self._ends: dict[str, float | None] = {app.token: None}  # a token, and when it ends if it does
        self._revoked: set[str] = set()
        self._codes: dict[str, float] = {}
        self._used: set[str] = set()
        self._refresh: set[str] = set()

    def check(self, token: str) -> None:
        """Refused when this is not a token that is good now."""
        if not token:
            raise RefusedError("not_authed")
        if token in self._revoked:
            raise RefusedError("token_revoked")
        if token not in self._ends:
            raise RefusedError("invalid_auth")
        end = self._ends[token]
        if end is not None and self._now() >= end:
            raise RefusedError("token_expired")

    def approve(self) -> str:
        """Somebody has pressed Allow: the code that comes back with them, good once, for ten minutes."""
        code = secrets.token_hex(16)
        self._codes[code] = self._now()
        return code

    def revoke(self) -> None:
        """Somebody has removed the app: no token is good any more."""
        self._revoked |= set(self._ends)
        self._refresh.clear()

    def exchange(self, code: str) -> tuple[str, str]:
        """A code for an access token and a refresh token."""
        if code in self._used:
            raise RefusedError("code_already_used")
        made = self._codes.pop(code, None)
        if made is None or self._now() - made > CODE_LIVES:
            raise RefusedError("invalid_code")
        self._used.add(code)
        return self._pair()

    def refresh(self, refresh_token: str) -> tuple[str, str]:
        """The next two tokens; the refresh token is good once, the access token before it lives on until its end."""
        if refresh_token not in self._refresh:
            raise RefusedError("invalid_refresh_token")
        self._refresh.remove(refresh_token)
        return self._pair()

    def check_client(self, client_id: str, client_secret: str) -> None:
        if client_id != self._app.client_id:
            raise RefusedError("invalid_client_id")
        if not hmac.compare_digest(client_secret.encode(), self._app.client_secret.encode()):
            raise RefusedError("bad_client_secret")

    def _pair(self) -> tuple[str, str]:
        access, refresh = f"xoxe.xoxb-1-{secrets.token_hex(24)}", f"xoxe-1-{secrets.token_hex(24)}"
        self._ends[access] = self._now() + TOKEN_LIVES
        self._refresh.add(refresh)
        return access, refresh
