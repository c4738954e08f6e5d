"""Public functions of `store` that ask for no Grant and keep tickets, what is said on them, or whose words those are: for ungranted.py."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            f"numbers.{n}"
            for n in (
                "are_digits",
                "parse_int",
                "readable",
                "digits",
                "is_number",
                "is_region",
                "nobodys",
                "region",
                "telephone",
                "left_out",
                "western",
            )
        ),
        reasons.PURE,
    ),
    "file_kinds.picture": reasons.PURE,
    "recordings.is_wanted": "whether a recording is still to be fetched: yes or no",
    **dict.fromkeys(
        ("attachments.never", "recordings.never"), "how far a file or a recording has come, never what is on it"
    ),
    "recordings.Sound.is_nothing": "whether there is any sound on it at all",
    "recordings.transcribed": "takes words for a message and gives back whether they were wanted",
    "customer_tickets.draft_withdrawn": "takes back what the asker alone has seen; gives back whether it was there",
    "customer_tickets.request_with_recording": "whether a request of the asker's has this very recording: its number",
    "customer_tickets.draft": "what its author alone has written asks for; nobody else's, and no words of it",
    "customer_tickets.newest_draft": "the number of what its author alone has written",
    "customer_tickets.draft_is": "what became of what the asker requested: a word, and nothing of anybody else's",
    "customer_tickets.hand_in": "asks for the action requested itself; gives back whether it went, or why not",
    "customer_tickets.topic_of": reasons.PURE,
    "customer_tickets.edited": "asks for ticket.reply itself; changes what its author wrote, and tells nothing",
    "customer_tickets.request": "asks for the action requested itself; gives back a number, or why not",
    **dict.fromkeys(("queue_lists.Filters.order", "queue_lists.Filters.narrow"), reasons.PURE),
    "queue_lists.with_agents": reasons.SQL,
    "timeline.Said.by_desk": reasons.PURE,
    "timeline.Said.by_system": reasons.PURE,
    **dict.fromkeys(("quotes." + name for name in ("forget", "holding", "keep", "said_as", "sweep")), reasons.PLACE),
    **dict.fromkeys(
        (
            "cleaning.clean",
            "cleaning.cleaned",
            "pin_redaction.left_out",
            "edits.first_line",
            "durations.in_minutes",
            "durations.lasted",
        ),
        reasons.PURE,
    ),
    **dict.fromkeys(("this_machine." + name for name in ("asks_for_itself", "is_here", "is_loopback")), reasons.PURE),
    **dict.fromkeys(
        (
            "edits." + n
            for n in ("came", "correct", "early", "edit", "files_gone", "keep", "unfiled", "whose", "withdraw")
        ),
        reasons.WORDS,
    ),
    **dict.fromkeys(
        ("edits." + n for n in ("lock", "retitle", "say_in_title", "sweep")), "locks, sweeps; tells nothing"
    ),
    **dict.fromkeys(("edits.news", "edits.told"), reasons.QUEUE),
    **dict.fromkeys(("exposed_codes.hidden", "exposed_codes.spoil", "exposed_codes.spoil_each"), reasons.CODE),
    "timeline.about": reasons.DECIDES,
    "timeline.changed": "forgets what was read of a ticket, so that it is read anew; gives nothing back",
    "timeline.was_read": "keeps what a ticket is about that its caller has read under a Grant, for this transaction; gives nothing back",
    "timeline.left_by": reasons.DECIDES,
    "timeline.service_name": "a name for a ticket whose Grant the caller has looked at, and who tells it",
    "timeline.About.is_answerable": reasons.PURE,
    "timeline.About.seen_as": reasons.PURE,
    "timeline.lock": reasons.DECIDES,
    "timeline.add": "writes a row of a ticket whose Grant the caller has looked at; gives nothing back",
    "timeline.insert_ticket": "writes a row for whoever asked; gives nothing back but its number",
    **dict.fromkeys(("response_clock.new", "response_clock.running", "title_words.words"), reasons.PURE),
    "response_clock.started": "writes by when a ticket is due whose Grant the caller has looked at; gives nothing back",
    "title_words.write": "writes the words of a title whose ticket the caller has just written; gives nothing back",
    "timeline.of_source": reasons.DECIDES,
    "customer_tickets.has_recording": "whether some ticket has this very recording, for a channel that hears of it again: yes or no",
    "customer_tickets.leave_pending": "takes what somebody left who has no right; tells nothing but the new ticket's number",
    "customer_tickets.own_only": reasons.PURE,
    **dict.fromkeys((f"exposed_codes.{n}" for n in ("candidates", "has_candidates", "masked")), reasons.PURE),
}
