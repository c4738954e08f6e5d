"""A change of contacts that is asked for: the asker's form, the question to those who may confirm it, and what came of it. Pure."""

from __future__ import annotations

from bot.text.button_values import OfTicket, ToConfirm
from bot.text.phrases import Phrases, Ready, moment
from bot.views import blocks as b
from bot.views.blocks import Block, Message
from desk.contact_requests import AskForm, Pending
from desk.people import Effect
from store.contacts.request_rows import ContactRequest

NOT_SAID = ("portal.login",)


def what(p: Phrases, one: ContactRequest) -> str:
    return p.say(
        f"contact.{one.do}",
        asker=one.asker_name,
        name=one.name,
        email=one.email,
        account=one.account_name,
        holds=one.holds,
    )


def question(p: Phrases, one: ContactRequest) -> Message:
    """To somebody who may confirm it. Confirmed, refused or ended it says so, and has no buttons any more."""
    how = p.say(
        "contact.asked_written" if one.written_by else "contact.asked",
        channel=one.channel,
        at=moment(one.asked_at),
        number=one.ticket,
        written_by=one.written_by,
    )
    made = [b.section(what(p, one)), b.context(how)]
    if one.status != "waiting":
        return b.message(*made, b.context(p.say(f"contact.is.{one.status}", answered_by=one.answered_by)))
    return b.message(
        *made,
        b.context(p.say("contact.explained", until=moment(one.ends_at))),
        b.actions(
            b.button(p.plain("button.contact_look"), "contact_look", str(one.id), style="primary"),
            b.button(p.plain("button.contact_refuse"), "contact_refuse", str(one.id)),
        ),
    )


def preview(p: Phrases, found: Pending) -> Block:
    """What would change, with the button that does it; or why not."""
    one, looked = found.request, found.preview
    made: list[Block] = [b.section(what(p, one))]
    if looked.changed:
        made.append(b.section(p.say("contact.changed")))
    if looked.refusal is not None:
        why = Ready(p.say(f"contact.rule.{looked.refusal.code}"))
        made.append(b.section(p.say("contact.cannot", why=why)))
    elif not looked.effects:
        made.append(b.section(p.say("contact.nothing")))
    else:
        made.append(
            b.section(
                "\n".join([p.say("contact.changes"), *(line for one in looked.effects for line in _told(p, one))])
            )
        )
    return b.modal(
        "contact_confirm",
        p.plain("contact.title"),
        made,
        submit=p.plain("button.contact_confirm") if found.may_confirm else "",
        close=p.plain("form.close"),
        metadata=ToConfirm(one.id, looked.stamp),
    )


def _told(p: Phrases, effect: Effect) -> list[str]:
    name = effect.who.name
    gained = [cell for cell in effect.gained if cell not in NOT_SAID]
    lost = [cell for cell in effect.lost if cell not in NOT_SAID]
    return [
        *([p.say("contact.removed", name=name)] if effect.removed else []),
        *([p.say("contact.gained", name=name, cells=gained)] if gained else []),
        *([p.say("contact.lost", name=name, cells=lost)] if lost and not effect.removed else []),
        *([p.say("contact.tickets", name=name, count=effect.out_of_sight)] if effect.out_of_sight else []),
        *([p.say("contact.invited", email=effect.who.email)] if effect.invited else []),
        *([p.say("contact.you")] if effect.you else []),
    ]


def answered(p: Phrases, said: str) -> Block:
    """What came of the button that was pressed in a form."""
    return b.modal("contact_answered", p.plain("contact.title"), [b.section(said)], close=p.plain("form.close"))


def ask_form(p: Phrases, form: AskForm) -> Block:
    """For the asker: who, and what. Which fields are needed depends on the first; what is missing is said when it is sent."""
    dos = [b.option(p.plain(f"contact.do_{do}"), do) for do in ("add", "change", "remove")]
    people = [b.option(f"{one.name} ({one.username})", one.username) for one in form.people]
    words = [b.option(p.plain("contact.holding", one=one), one) for one in form.words]
    ticked: Block = {"type": "checkboxes", "action_id": "holds", "options": words[:10]}
    made = [
        b.section(p.say("contact.ask", account=form.account.name)),
        b.ask(p.plain("contact.do"), "do", b.select(p.plain("form.about_like"), "do", dos)),
        b.ask(
            p.plain("contact.person"),
            "person",
            b.select(p.plain("contact.person_like"), "person", people),
            optional=True,
        ),
        b.ask(p.plain("contact.name"), "name", _line("name"), optional=True),
        b.ask(p.plain("contact.email"), "email", _line("email"), optional=True),
        b.ask(p.plain("contact.holds"), "holds", ticked, optional=True),
    ]
    return b.modal(
        "contact_ask",
        p.plain("contact.title"),
        made,
        submit=p.plain("contact.send"),
        close=p.plain("form.close"),
        metadata=OfTicket(form.ticket),
    )


def _line(name: str) -> Block:
    return {"type": "plain_text_input", "action_id": name, "max_length": 254}
