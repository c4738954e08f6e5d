"""Open this to see the decisions of ours that are code, because no scheme file may change them."""

from typing import Final

HOUSE_DECISIONS: Final[dict[str, str]] = {
    "D-proof": "Nothing is told or done below the proof an action needs; no document sets levels, these are ours (X7).",
    "D-contact": "Only people on the account are told anything about it; the same words whether or not it exists.",
    "D-lent": "A lent ticket right counts as held while it lasts, on an active account, and for what it was lent.",
    "D-request": "Whoever may make a request may follow those they have made, whatever other tickets they may see.",
    "D-contacts.own": "Nobody raises themselves (C12); what is one's own may be given up.",
    "D-contacts.more": "Nobody gives more than they hold (C12), nor a contact role that is not theirs to hand on.",
    "D-contacts.owner": "Only the owner touches the owner's role and whoever has it (C12).",
    "D-contacts.always": "What a scheme says every account has holds after every change of its contacts.",
    "D-notices.ticket": "Whoever opened a ticket is told what becomes of it, and so is whoever wrote in it, while they may see it.",
    "D-desk": "The desk's own people act under the scheme desk and under nothing else.",
    "D-account.closed": "A closed account answers to its owner alone: sign in, bills, billing tickets, reopening.",
    "D-account.suspended": "A suspended account gets nothing new: technical tickets, emergency calls, requests, delegations.",
    "D-account.locked": "On an account that its owner has locked nobody changes anything: contacts, rights, services, requests.",
    "D-account.lock": "The owner alone locks and unlocks, with a second proof: a lock that an administrator lifts holds against none.",
    "D-reconcile": "After a restore, until a supervisor has checked what came back, every account is locked against changes.",
    "D-key.scope": "A key does what it was made for, and nothing else that whoever it acts for may do.",
    "D-key.maker": "A customer's key acts for its maker, and only while its maker may manage API keys on the account.",
    "D-account.records": "The owner alone reads the account's records and X-ray, with a second proof: an attacker would learn whom to imitate.",
}
"""The decisions that are code, because no scheme file may change them; the others stand in the scheme files."""
