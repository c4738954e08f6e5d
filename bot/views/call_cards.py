"""The card of a call that is with the desk, and what the desk is warned of, in words. Pure: facts in, a message out.

As long as the caller is not verified there is nothing of any account on it.
"""

from __future__ import annotations

from typing import Final

from bot.text.button_values import ToCall
from bot.text.phrases import Phrases, clock, moment
from bot.views import agent_cards
from bot.views import blocks as b
from bot.views.blocks import Block, Message
from store.calls.callbacks import Callback
from store.calls.live_calls import Case, LiveCall
from store.security.alerts import Alert, Named

MOST_TICKETS: Final = 5  # on a card


def card(p: Phrases, found: Case) -> Message:
    call = found.call
    return b.message(
        b.section("\n".join([_head(p, call), *_proof_asked(p, found)])),
        _caller(p, found),
        b.actions(*_buttons(p, found)),
    )


def in_short(p: Phrases, found: Case) -> Message:
    """For whoever has the call and looks the caller up: who it is and what may be told, without buttons."""
    return b.message(_caller(p, found))


def _head(p: Phrases, call: LiveCall) -> str:
    urgent = p.say("card.urgent") + " " if call.emergency else ""
    kind = p.say("call.called_back" if call.called_back else "call.head", at=moment(call.started_at))
    agent = call.agent or p.plain("call.somebody")
    if call.state == "over":
        state = p.say(f"call.ended.{call.ending}", agent=agent, lasted=call.lasted)
    else:
        state = p.say(f"call.state.{call.state}", agent=agent, position=call.position, asked=call.requested_proof)
    return f"{urgent}{kind}\n{state}"


def _proof_asked(p: Phrases, found: Case) -> list[str]:
    """What came of the last time they were sent to the keypad."""
    call = found.call
    result = call.verification_result
    if result in ("failed", "guarded") and call.state == "over":
        result += "_over"
    elif (call.requested_proof, result) == ("second", "failed") and found.requester:
        result = "failed_second"
    lines = [p.say(f"call.told.{result}", asked=call.requested_proof)] if result else []
    if call.words is not None and call.state != "over":
        lines.append(p.say("call.words", words=" ".join(call.words)))
    return lines


def _caller(p: Phrases, found: Case) -> list[Block]:
    over = found.call.state == "over"
    if found.requester is None:
        put_away = found.put_away or found.call.verification_result == "guarded"
        return [b.section(p.say("call.put_away" if put_away else "call.nobody_over" if over else "call.nobody"))]
    proof = p.say("call.proof_twice" if over and found.twice else "call.proof")
    if not over and found.until is not None:
        proof = p.say("call.proof_further", until=clock(found.until))
    made = agent_cards.requester(p, found.requester, proof, live=True, over=over)
    lines = [
        p.say("call.ticket", number=t.number, title=t.title, status=t.status) for t in found.tickets[:MOST_TICKETS]
    ]
    made += [b.section("\n".join([p.say("call.tickets"), *lines]))] if lines else []
    small = [p.say("call.own_number" if found.own_number else "call.other_number")]
    if found.until is None and not over:
        small.append(p.say("call.second", ways=found.second) if found.second else p.say("call.second_none"))
    warnings = [p.say("call.warning", warning=word) for word in found.warnings]
    made += [b.section("\n".join(warnings))] if warnings else []
    return [*made, b.context(*small)]


def _buttons(p: Phrases, found: Case) -> list[Block]:
    call, id = found.call, str(found.call.id)
    if call.taken_at is None or found.put_away:
        return []
    if call.unassigned:
        return [b.button(p.plain("button.assign"), "desk_assign", id, style="primary")]
    made = []
    if call.state == "over" and found.requester is not None:
        made.append(b.button(p.plain("button.callback"), "desk_callback", ToCall("support_call", call.id)))
    if call.state == "talking" and call.verification_result != "guarded":
        made.append(b.button(p.plain("button.ask_pin"), "desk_ask_pin", id))
        if found.requester is not None and found.until is None and found.second:
            made.append(b.button(p.plain("button.ask_second"), "desk_ask_second", id))
    return [*made, b.button(p.plain("button.give_back"), "desk_give_back", id)]


def not_reached(p: Phrases, ours: Callback) -> Message:
    """A callback that reached nobody, for whoever asked for it. Nothing of whom it was to but the ticket."""
    about = p.say("called.about_ticket", number=ours.ticket) if ours.ticket else p.say("called.about")
    return b.message(b.section(f"{about} {p.say(f'called.{ours.state}')}"))


def alert(p: Phrases, found: Alert, named: Named) -> Message:
    """A warning in plain words: what was seen, and what to do about it."""
    said = p.say(
        f"alert.{found.kind}",
        person=named.person or p.plain("alert.person"),
        account=named.account or p.plain("alert.account"),
        staff=named.staff or p.plain("somebody"),
        detail=found.detail,
    )
    return b.message(b.section(said), b.context(p.say("alert.at", at=moment(found.at))))
