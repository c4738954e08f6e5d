"""Public functions of `store/sign_in` that ask for no Grant, about passkeys: a part of ungranted.py."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    **dict.fromkeys(("staff_list.accept", "staff_list.invited"), reasons.STAFF),
    "staff_list.end_invitation": "for whoever suspends, withdraws or joins; it ends, and tells nothing",
    "staff_list.lock_supervisors": "locks rows and reads nothing of them; whoever then acts is judged",
    **dict.fromkeys(
        ("wall_displays.code_of", "wall_displays.is_good", "wall_displays.is_ours", "wall_displays.read_code"),
        "letters and yes or no, made of what whoever asks sent",
    ),
    "wall_displays.come_for": "a display's own token, for whoever has the code that a supervisor has typed; in the ledger",
    "wall_displays.find": "whose rights a display shows the wall by: the wall is judged under them",
    **dict.fromkeys(("wall_displays.end_all", "wall_displays.sweep"), "ends and deletes; tells nothing"),
    "store.Store.watch_display": "a keyed digest of how the desk stands, for whoever has a display's token",
    "staff_list.rises": "compares two words for roles, pure",
    "factors.has_any": reasons.FACTOR,
    **dict.fromkeys(
        (f"own_details.{name}" for name in ("read", "add_number", "remove_number", "change_address")),
        "somebody's own, by themselves in a session of theirs: in the ledger, and they and their owners are told",
    ),
    "pin_changes.put_own": "a PIN its owner has made on a page of theirs; in the ledger, and they and their owners are told",
    "pin_changes.numbers_of": "what a PIN may not be taken from, to make one: never shown",
    "sms_codes.ask_new": "a code to a number its owner wants on file: counted, and good for nothing else",
    **dict.fromkeys(("passkeys.has_password",), reasons.FACTOR),
    **dict.fromkeys(("vouches.use", "vouches.sweep"), "ends what an owner has said of somebody: tells nothing"),
    "recovery.ask": "what a stranger asks for: counted, and looked up afterwards; gives nothing back",
    "one_time_links.bound_of": reasons.FACTOR,
    "verification_requests.waiting": "what its owner is asked by another system, on a page of theirs: in the ledger",
    "verification_requests.in_call": "what is asked in this call of ours, for whoever answers it; desk tells it after the PIN",
    "verification_requests.end_all": "ends all after a restore: counts, and nobody named",
    "verification_requests.VerificationRequest.bound": reasons.PURE,
    "verification_requests.called": "notes in which call of ours it is asked; gives nothing back",
    "verification_requests.call_over": "ends what was asked in a call that is over; gives nothing back",
    "verification_requests.let_go": "under a threat the call says nothing of it any more; gives nothing back",
    "verification_requests.late": "ends what nobody has answered in time; gives nothing back",
    "verification_requests.sweep": "drops requests of long ago; gives nothing back",
    **dict.fromkeys(("verification_requests." + n for n in ("passed", "refuse", "fail")), reasons.FACTOR),
    "callbacks.withdraw": "nobody is called any more; gives nothing back",
    "call_approvals.waiting": "what its owner is asked about a call, on a page of theirs: in the ledger",
    "addresses.is_address": reasons.PURE,
    "addresses.is_plain": reasons.PURE,
    **dict.fromkeys(
        ("passkeys." + n for n in ("check", "keep", "use", "remove", "remove_all", "rename")), reasons.FACTOR
    ),
    **dict.fromkeys(("passkeys.to_add", "passkeys.listed"), "somebody's own, for themselves: what they called theirs"),
    "passkeys.to_use": reasons.KEYS,
    **dict.fromkeys(("passkey_answers." + n for n in ("opened", "to_use", "to_add")), reasons.KEYS),
    **dict.fromkeys(
        ("passkey_answers." + n for n in ("faults", "made", "parsed", "verified", "Verified.fits")),
        reasons.PURE,
    ),
    "passkey_answers.once": "whether a challenge was answered before: yes or no",
}
