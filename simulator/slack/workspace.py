"""The workspace: plays Slack's part of the conversation, in memory, with real signatures.

What is in it stands in state.py; what happens to it is in effects.py and modals.py, what people do in member.py, what the app
does in the api_*.py files.
"""

from __future__ import annotations

import time

from simulator.slack.api import Reply, handle
from simulator.slack.envelopes import revoked
from simulator.slack.member import Member
from simulator.slack.member_view import seen_by
from simulator.slack.message import Json
from simulator.slack.state import State


class Workspace(State):
    """Slack, as far as the desk can tell, for the organisations, people and channels of a cast.

    `post` reaches the desk (delivery.posting makes one from an HTTP client), `public_url` is where the simulator's own
    routes are: response URLs, uploads and private files point there. `now` is Slack's clock, in seconds.

    Requests are posted in the thread of whoever acts, after the lock is given back, so that the desk may use the Web
    API from within a request. Events that the app itself causes wait until `deliver()`: the Web API's route calls it
    when its response is out.

        workspace = Workspace(posting(client), "secret", SAMPLE, App(token="xoxb-1"), public_url="http://127.0.0.1:8000")
        workspace.as_("U0MIA").says("help", "@Deskgate our shop is down")
    """

    def as_(self, user_id: str) -> Member:
        """The hand of one person: what they do is done through it."""
        return Member(self, self.person(user_id))

    def seen_by(self, user_id: str) -> Json:
        """All that one person can see, as plain data: channels with messages and threads, direct messages, views, home."""
        with self.lock:
            return seen_by(self, self.person(user_id))

    # What the app does, without HTTP in between

    def api(self, method: str, args: Json, token: str = "") -> Reply:
        """A request to the Web API, trouble and all; `token` is the app's own unless given. `deliver()` after it.

        A hang is waited for; a lost response raises ConnectionResetError.
        """
        trouble = self.trouble(method, args)
        if trouble is not None and trouble.hang:
            time.sleep(trouble.hang)
        reply = handle(self, method, args, token or self.app.token, trouble)
        if reply.breaks:
            raise ConnectionResetError("the response was lost, as ordered")
        return reply

    def remove_app(self) -> None:
        """Somebody removes the app: its tokens are revoked, and it is told."""
        with self.acting():
            self.tokens.revoke()
            event = revoked(self)
        self.send([event])
