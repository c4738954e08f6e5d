"""What codes are called on the desk's pages: whatever happens to a ticket has words there, as it has in Slack (test_phrases.py)."""

from portal.words import load
from store.messages.timeline import EVENTS


def test_every_event_of_a_ticket_has_words() -> None:
    assert {"taken", "closed"} <= set(EVENTS) == load().known("event")
