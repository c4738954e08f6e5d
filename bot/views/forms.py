"""The forms: opening a ticket, adding to one, answering, noting, looking somebody up. Pure: facts in, a view out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text import button_values
from bot.text.button_values import OfService, OfTicket, Opening, Opens, Value
from bot.text.phrases import Phrases, moment
from bot.views import blocks as b
from bot.views import customer_messages
from bot.views.agent_cards import unreached
from bot.views.blocks import Block
from bot.views.customer_messages import account_label
from desk import choices
from desk.choices import Choice, Running
from store.messages.timeline import File, Said
from store.tickets.answer_delivery import MAIL_REFUSED, NOBODY, Reach


def open_ticket(
    p: Phrases,
    found: Sequence[Choice],
    words: str,
    opening: Opening,
    *,
    running: Sequence[Running] = (),
    copied: bool = False,
    about: str = "",
) -> Block:
    """Only what this member may open. One thing to choose needs no choosing. `running`: what it may be about. The words are those of
    a message of theirs, or they are `copied` from one. `about` is what was chosen already."""
    made: list[Block] = []
    requests = any(choices.is_request(choice.kind) for choice in found)
    alone = requests and all(choices.is_request(choice.kind) for choice in found)
    if alone:
        made.append(b.section(p.say("form.requests_alone")))
    if len(found) == 1:
        made.append(b.section(p.say("form.only", account=found[0].account.name, kind=found[0].kind)))
        opening = opening._replace(only=button_values.dump(Opens(found[0].account.id, found[0].kind)))
    else:
        made.append(b.ask(p.plain("form.about"), "about", _about(p, found, about)))
    made += _services(p, running)
    made.append(
        b.ask(p.plain("form.words"), "words", b.words("words", initial=words, placeholder=p.plain("form.words_like")))
    )
    if opening.source or copied:
        made.append(b.context(p.say("form.words_follow" if opening.source else "form.words_copied")))
    if requests and not alone:
        made.append(b.context(p.say("form.requests")))
    made.append(b.context(p.say("form.not_here")))
    return b.modal(
        "open_ticket",
        p.plain("form.request" if alone else "form.open"),
        made,
        submit=p.plain("form.send"),
        close=p.plain("form.close"),
        metadata=opening,
    )


def _about(p: Phrases, found: Sequence[Choice], about: str) -> Block:
    groups = customer_messages.grouped(p, found)
    every = [option for _, options in groups for option in options]
    like = p.plain("form.about_like")
    made = b.search(like, "about") if len(every) > b.MOST_OPTIONS else b.grouped(like, "about", groups)
    chosen = next((option for option in every if option["value"] == about), None)
    return made if chosen is None else made | {"initial_option": chosen}


def _services(p: Phrases, running: Sequence[Running]) -> list[Block]:
    """Which service, if it is about one; where there are many they are found by typing."""
    if not running:
        return []
    like = p.plain("form.service_like")
    many = sum(len(one.services) for one in running) > b.MOST_OPTIONS
    element = b.search(like, "service") if many else b.select_of(like, "service", services(p, running))
    return [b.ask(p.plain("form.service"), "service", element, optional=True)]


def services(p: Phrases, running: Sequence[Running]) -> list[Block]:
    """Services as options under their account's name, as many as Slack shows."""
    groups: list[tuple[str, list[Block]]] = []
    left = b.MOST_OPTIONS
    for one in running:
        options = [b.option(service.name, OfService(one.account.id, service.ref)) for service in one.services[:left]]
        left -= len(options)
        if options:
            groups.append((account_label(p, one.account), options))
    return b.option_groups(groups)


def opened(p: Phrases, number: int, link: str, why: Sequence[Block] = ()) -> Block:
    """The form's own answer: the number, why it went to billing where it did, and where to follow it."""
    made = [b.section(p.say("form.opened", number=number)), *why]
    made += b.actions(b.button(p.plain("button.follow"), "link", url=link)) if link else ()
    return b.modal("opened", p.plain("form.done"), made, close=p.plain("form.close"))


def refused(p: Phrases, blocks: Sequence[Block]) -> Block:
    return b.modal("refused", p.plain("form.refused"), blocks, close=p.plain("form.close"))


def words(p: Phrases, callback_id: str, number: int) -> Block:
    """One field of words for a ticket: `reply` or `desk_note`; who will see it stands above, and on the button."""
    return _words(
        p,
        callback_id,
        p.say(f"form.{callback_id}_seen", number=number),
        str(number),
        send=p.plain(f"form.{callback_id}_send"),
    )


def answer(
    p: Phrases,
    number: int,
    found: Reach,
    *,
    files: Sequence[File] = (),
    correcting: tuple[int, str] | None = None,
    taken: str = "",
    newest: int = 0,
    since: Sequence[Said] = (),
    typed: str = "",
) -> Block:
    """An answer to the customer, or one that is corrected (its id and words): whom it reaches now stands above. `files` may go
    along. `taken`: a colleague's name, whose ticket it is; `newest` is the last that was said on it; `since`: what colleagues have
    said in the meantime, when `typed` had been written."""
    way = f"{found.way}_refused" if found.why == MAIL_REFUSED else found.way
    seen = p.say(f"form.desk_answer_{way}", number=number, name=found.name)
    if found.way == NOBODY:
        rest = p.say("form.desk_answer_others" if found.others else "form.desk_answer_no_others", count=found.others)
        seen = f"{seen} {unreached(p, found.why, found.name)} {rest}"
    send = p.plain("form.desk_answer_keep") if found.way == NOBODY else p.plain("form.desk_answer_send")
    if correcting is not None:
        message, body = correcting
        seen = f"{seen} {p.say('form.desk_correct_instead')}"
        return _words(p, "desk_correct", seen, OfTicket(number, message), initial=body, send=send)
    made = _words(p, "desk_answer", seen, OfTicket(number, newest), initial=typed, send=send)
    above = [b.section(p.say("form.desk_answer_taken", name=taken))] if taken else []
    for one in since[-3:]:
        who = one.name or p.plain("somebody")
        above.append(b.section(p.say("form.desk_answer_since", name=who)))
        event = p.say(f"event.{one.event}", name=who, at=moment(one.at)) if one.event else ""
        above += [b.context(event)] if event else customer_messages.words_of(p, one)
    above += [b.section(p.say("form.desk_answer_unsent"))] if since else []
    made["blocks"][:0] = above
    if files:
        options = [b.option(file.name, str(file.id)) for file in files[-10:]]
        chosen: Block = {"type": "checkboxes", "action_id": "along", "options": options}
        made["blocks"].append(b.ask(p.plain("form.along"), "along", chosen, optional=True))
    return made


def _words(p: Phrases, callback_id: str, seen: str, metadata: str | Value, *, send: str, initial: str = "") -> Block:
    field = b.ask(p.plain("form.your_words"), "words", b.words("words", initial=initial))
    return b.modal(
        callback_id,
        p.plain(f"form.{callback_id}"),
        [b.section(seen), field],
        submit=send,
        close=p.plain("form.close"),
        metadata=metadata,
    )


def verify(p: Phrases) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": "words", "max_length": 100}
    made = [b.section(p.say("form.verify_seen")), b.ask(p.plain("form.verify_words"), "words", element)]
    return b.modal(
        "desk_verify", p.plain("form.verify"), made, submit=p.plain("form.look"), close=p.plain("form.close")
    )


def looked_up(p: Phrases, blocks: Sequence[Block]) -> Block:
    return b.modal("looked_up", p.plain("form.verify"), blocks, close=p.plain("form.close"))
