"""What was spoken and written down by a machine says so in Slack, and a file that is kept no longer is not shown as one that is there."""

from __future__ import annotations

from bot.views import customer_messages
from store.messages.timeline import File
from tests.bot.everything_shown import P, said


def test_words_that_a_machine_wrote_down_are_marked() -> None:
    assert "written down by a machine" in str(customer_messages.words_of(P, said("Grid 3 is down")))
    assert "written down by a machine" not in str(customer_messages.words_of(P, said("Grid 3 is down", recording="")))
    assert "the desk has the recording" in str(customer_messages.words_of(P, said("")))


def test_a_file_that_was_removed_says_so() -> None:
    gone = File(1, "trace.txt", 10, False, removed_at=1)
    assert "File that is kept no longer: trace.txt" in str(customer_messages.words_of(P, said("", files=(gone,))))
