"""Public functions of `store` that ask for no Grant and read what decisions rest on, or delete what is over: for ungranted.py."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    "colleagues.who_might": "for `account_details.why_not` and `delegations`, which name those alone whom the judge lets do what they are named for",
    "colleagues.Colleague.decides": reasons.PURE,
    "colleagues.Colleague.decides_at": reasons.PURE,
    "colleagues.Colleague.owns": reasons.PURE,
    **dict.fromkeys(
        ("holdings." + n for n in ("held_by", "words_of", "facts_of", "in_order", "owners_word")), reasons.PURE
    ),
    **dict.fromkeys(
        ("holdings.Judging." + n for n in ("delegations_read", "now", "standings_read", "schemes")),
        "what a standing needs of a transaction, and no more",
    ),
    "delegations.end_of": "of whoever is suspended: fewer people may do something then; tells nothing",
    "suspension.stop_person": "for `suspend_person` and `erasure.leave`, under their Grant: fewer people may do something then",
    **dict.fromkeys(
        ("erasure.erase", "person_report.report"),
        "asks for the operator's Grants itself, in each of its transactions, by functions it is given",
    ),
    **dict.fromkeys(
        ("people.erased_among", "people.erased_name"),
        "digests of names that nobody may have; says of nobody who they are",
    ),
    "pending_mails.senders": "digests of an address that whoever asks has",
    **dict.fromkeys(
        ("personal_data.of_person", "personal_data.of_subject", "personal_data.Whose.subject"), reasons.PURE
    ),
    "person_words.redaction": reasons.PURE,
    "people.is_suspended": "a yes or no to decide by, shown to nobody",
    "holdings.delegations_of": reasons.DECIDES,
    "sweeping.some": "deletes what is over, for the room whose it is; gives back whether there is more",
    "sweeping.changed": "changes what is over, for the room whose it is; gives back whether there is more",
    "holdings.may_lend": reasons.PURE,
    "holdings.everywhere": "what decisions rest on: role words and facts, for the judge",
    "holdings.on": "what a decision rests on: role words and facts, for the judge",
    **dict.fromkeys(
        ("holdings.forget_what_changes", "holdings.note"),
        "has standings read anew, or says where they were read; gives nothing back",
    ),
    "holdings.lender": "the subject of whoever lent what a grant rests on",
    "holdings.still_lent": "whether what was lent still stands: yes or no",
}
