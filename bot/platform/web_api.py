"""Slack's Web API for the worker: one request, one response, and what went wrong as `RetryLaterError` or `PermanentError`.

It goes over the desk's HTTP client, not through Slack's library, which has no public way to do that (docs/decisions/0014). Nothing is tried
twice here: that is the worker's, who writes down what was done. What is raised is for the operator: never a token, never a word of what was
posted.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import httpx2

from store.jobs.job_queue import PermanentError, RetryLaterError
from store.text import numbers
from store.text.cleaning import clean

SLACK: Final = ("slack.com", "slack-gov.com")  # theirs, with all that is below
LARGEST_RESPONSE: Final = 16 * 1024 * 1024
LONGEST_TRANSFER: Final = 60.0  # seconds for a whole file: well within the lease of a job
MOST_HOPS: Final = 3
OPERATORS: Final = 300.0  # seconds until the next try where somebody has to mend something first
# Errors that pass by themselves, and those of the token, which the operator mends. Every other one stays as it is.
PASSING: Final = frozenset(
    [
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "org_login_required",
    ]
)
OF_THE_TOKEN: Final = frozenset(
    [
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "team_access_not_granted",
        "accesslimited",
        "ekm_access_denied",
        "access_denied",
        "two_factor_setup_required",
    ]
)
TOO_FAST: Final = frozenset({"ratelimited", "rate_limited"})
_WORD: Final = re.compile(r"[A-Za-z0-9_.:,-]{1,100}")


class SlackError(PermanentError):
    """Slack understood and refused. `error` is Slack's own word, to be caught by whoever knows what follows from it."""

    def __init__(self, method: str, error: str) -> None:
        super().__init__(f"Slack answered {error} to {method}")
        self.error = error


class WebApi:
    """The methods of Slack's Web API, each for one workspace. `token_of` knows its token, or None."""

    def __init__(self, http: httpx2.Client, token_of: Callable[[str], str | None]) -> None:
        self._http, self._token_of = http, token_of

    def call(self, team: str, method: str, **args: Any) -> dict[str, Any]:
        """Slack's response. An argument that is None is left out. Raises `RetryLaterError`, `SlackError`."""
        said: dict[str, Any] = clean(ask(self._http, method, args, token=self._token(team, method)))
        return said

    def upload(
        self,
        team: str,
        channel: str,
        thread: str | None,
        name: str,
        content: bytes,
        comment: str = "",
        *,
        before: Callable[[str], object] = lambda file: None,
    ) -> str:
        """Posts a file; its id. Raises `RetryLaterError`, `PermanentError`. `before` is told the id before it is posted: by that one can ask
        whether it was, when no response comes. Done twice it is posted twice."""
        given = self.call(team, "files.getUploadURLExternal", filename=name, length=len(content))
        url, file = given.get("upload_url"), given.get("file_id")
        if not isinstance(url, str) or not isinstance(file, str):
            raise RetryLaterError("Slack named no place to upload a file to")
        if not self._is_slacks(url):
            raise PermanentError("Slack named a place to upload a file to that is not its own")
        kind = {"Content-Type": "application/octet-stream"}  # and no token: the URL is the secret
        try:
            with self._http.stream("POST", url, content=content, headers=kind) as response:
                if response.status_code != 200:
                    raise _of_status("an upload", response.status_code, response.headers)
        except httpx2.RequestError as fault:
            raise _away("an upload", fault) from fault
        before(file)
        self.call(
            team,
            "files.completeUploadExternal",
            files=[{"id": file, "title": name}],
            channel_id=channel,
            thread_ts=thread,
            initial_comment=comment or None,
        )
        return file

    def download(self, team: str, url: str, most: int) -> bytes:
        """A private file. The token goes to Slack's hosts alone. Raises `RetryLaterError`; `PermanentError` for what is no such file, is larger
        than `most`, or comes as a page to sign in with."""
        began, headers = time.monotonic(), _bearer(self._token(team, "a download"))
        for _ in range(MOST_HOPS):
            if not self._is_slacks(url):
                raise PermanentError("a file that is not at Slack is not fetched")
            try:
                with self._http.stream("GET", url, headers=headers) as response:
                    if not response.has_redirect_location:
                        return _file(response, most, began)
                    onward = httpx2.URL(url).join(response.headers["location"])
            except httpx2.InvalidURL:
                raise PermanentError("Slack sent us on to no place at all for a file") from None
            except httpx2.RequestError as fault:
                raise _away("a download", fault) from fault
            if _origin(onward) != _origin(httpx2.URL(url)):
                raise PermanentError("Slack sent us elsewhere for a file: to sign in, if the app lacks files:read")
            url = str(onward)
        raise PermanentError("Slack sent us in circles for a file")

    def _token(self, team: str, what: str) -> str:
        token = self._token_of(team)
        if token is None:
            raise RetryLaterError(f"there is no token for {team}, which {what} needs: install the app there", OPERATORS)
        return token

    def _is_slacks(self, url: str) -> bool:
        """Whether it is https at Slack, or exactly where the Web API is."""
        try:
            there = httpx2.URL(url)
        except httpx2.InvalidURL:
            return False
        if there.userinfo:
            return False
        own = _origin(there) == _origin(self._http.base_url)
        at_slack = any(there.host == name or there.host.endswith(f".{name}") for name in SLACK)
        return own or (at_slack and there.scheme == "https" and there.port in (None, 443))


def ask(
    http: httpx2.Client, method: str, args: Mapping[str, Any], *, token: str = "", app: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Slack's response to one method, with a token or with the app's own id and secret. Raises `RetryLaterError`, `SlackError`."""
    given = {name: value for name, value in args.items() if value is not None}
    # Methods that read understand a form alone, and answer JSON as if nothing had been said. What has parts goes as JSON.
    # Half a character, as somebody may have sent, can be put into neither.
    if any(isinstance(value, dict | list | tuple) for value in given.values()):
        kind, body = "application/json;charset=utf-8", json.dumps(given, ensure_ascii=False).encode("utf-8", "replace")
    else:
        form = {name: int(value) if isinstance(value, bool) else value for name, value in given.items()}
        kind, body = "application/x-www-form-urlencoded", urlencode(form, errors="replace").encode()
    headers = {"Content-Type": kind} | (_bearer(token) if token else {})
    try:
        with http.stream("POST", method, content=body, headers=headers, auth=app) as response:
            told = _object(_content(method, response, LARGEST_RESPONSE, time.monotonic()) or b"")
    except httpx2.RequestError as fault:
        raise _away(method, fault) from fault
    if response.status_code != 200 or told.get("ok") is not True:
        raise _refusal(method, response.status_code, response.headers, told)
    return told


def _refusal(
    method: str, status: int, headers: Mapping[str, str], told: Mapping[str, Any]
) -> RetryLaterError | PermanentError:
    error, ok = told.get("error"), told.get("ok")
    if status == 429 or error in TOO_FAST:
        return RetryLaterError(f"Slack lets us wait with {method}", _retry_after(headers))
    if ok is not False or status >= 500:
        return _of_status(method, status, headers)
    word = _words(error) or "an error without a name"
    if word in PASSING:
        return RetryLaterError(f"Slack answered {word} to {method}")
    if word in OF_THE_TOKEN:
        needed = _words(told.get("needed"))
        return RetryLaterError(f"Slack answered {word} to {method}{f' (needs {needed})' if needed else ''}", OPERATORS)
    return SlackError(method, word)


def _of_status(what: str, status: int, headers: Mapping[str, str]) -> RetryLaterError:
    if status == 429:
        return RetryLaterError(f"Slack lets us wait with {what}", _retry_after(headers))
    return RetryLaterError(f"Slack answered {status} to {what}, and nothing that can be read")


def _away(what: str, fault: Exception) -> RetryLaterError:
    return RetryLaterError(f"Slack cannot be reached for {what}: {type(fault).__name__}")


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; thirty where nothing sensible is said, an hour at most."""
    said = numbers.parse_int(headers.get("retry-after", ""))
    return 30.0 if said is None else float(min(max(said, 1), 3600))


def _file(response: httpx2.Response, most: int, began: float) -> bytes:
    status, kind = response.status_code, response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if status == 401:
        raise RetryLaterError("Slack answered 401 to a download: the token is not good", OPERATORS)
    if status == 429 or status >= 500:
        raise _of_status("a download", status, response.headers)
    if status != 200:
        raise PermanentError(f"Slack answered {status} to a download")
    if kind == "text/html" and not response.url.path.lower().endswith((".html", ".htm")):
        raise PermanentError("Slack gave a page to sign in with instead of a file: the app may lack files:read")
    content = _content("a download", response, most, began)
    if content is None:
        raise PermanentError(f"a file is larger than {most} bytes")
    return content


def _content(what: str, response: httpx2.Response, most: int, began: float) -> bytes | None:
    """None where there are more bytes than that."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > most:
            return None
        if time.monotonic() - began > LONGEST_TRANSFER:
            raise RetryLaterError(f"Slack takes too long with {what}")
    return bytes(content)


def _object(body: bytes) -> dict[str, Any]:
    """Nothing where it is no JSON object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _words(said: object) -> str:
    return said if isinstance(said, str) and _WORD.fullmatch(said) else ""


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
