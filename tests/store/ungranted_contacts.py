"""Functions of `store` about contacts, and what ends with what they hold, that ask for no Grant, each with the reason why it may."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    "contact_changes.lock": "locks the row of an account before whoever changes its contacts is judged; reads nothing",
    "contact_changes.holdings_on": "what each contact holds, by id, to judge a change by; tells nobody, and says no name",
    "contact_requests.account_of": "whose account a request is about, to ask for the right to answer it",
    "contact_requests.sweep": "ends and forgets what is over; tells nothing but that it ended, on the ticket and to its asker",
    "drafted_requests.is_number_of": "whether the account of a key has a number that its program has said",
    "drafted_requests.why_not": "counts what its asker has asked for, and compares words with those of a scheme",
    "drafted_requests.keep": "keeps what its asker has said, with their own draft; gives nothing back",
    "drafted_requests.take": "what its asker has said, once; nobody else has seen it",
    "drafted_requests.became": "what became of what its asker has asked for, in a word",
    "drafted_requests.sweep": "forgets what was never handed in; tells nothing",
    "request_rows.ContactRequest.ends_at": reasons.PURE,
    **dict.fromkeys(
        (f"request_rows.{name}" for name in ("by_id", "on_account", "on_ticket", "waiting")),
        "rows for contact_requests.py, which asks for the grant before it tells any of them",
    ),
    "contact_changes.is_taken": "whether a username is anybody's: usernames are everybody's, and it says of nobody who they are",
    **dict.fromkeys(("contact_changes.row", "contact_changes.Considered.people", "recipients.of_change"), reasons.PURE),
    "revocation.rights_changed": "ends sessions of those it is given; tells nothing",
    "revocation.end_sessions": "signs people out; gives nothing back but whom",
    "revocation.lock_all": "locks people's rows; gives nothing back",
    "revocation.owed_to_anybody": "ends what is owed to everybody; gives nothing back but how many",
    "revocation.revoke": "ends what somebody was sent or has proved; gives nothing back",
}
