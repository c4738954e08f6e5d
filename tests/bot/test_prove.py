"""A second proof in Slack: Raj cancels a service. Drafts until it is given; counted, bound to him and here, over in minutes."""

from __future__ import annotations

import pytest

from store.codes import one_time_codes
from store.verification import step_ups
from store.verification.call_codes import bound_to
from store.verification.revocation import revoke
from tests.bot.proving import DAYS, SUBJECT, app, carried_from_the_phone, linked_days_ago, shows
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage
from tests.seeking import stands_in

TIDEWORKS, NORTHLIGHT = 3, 2
WORDS = "we do not need tide-dev any more"


def cancel(desk: SlackDesk) -> None:
    desk.be("U0RAJ").command("/ticket", WORDS, "help")
    desk.work()
    desk.submit("U0RAJ", about=f"{TIDEWORKS}:service.cancel", words=WORDS)


def shown(desk: SlackDesk, user: str = "U0RAJ") -> str:
    return desk.text_of(desk.be(user).view)


def test_a_draft_goes_to_the_desk_by_the_code_of_an_authenticator(slack: SlackDesk) -> None:
    desk = slack
    raj = app(desk, "raj.patel")
    cancel(desk)
    assert "#1001 is a draft: the desk has not got it" in shown(desk), "the form asks for it at once"
    assert "the six digits that your authenticator app shows" in shown(desk)
    assert WORDS not in desk.said("U0KIM", AGENTS)
    left = desk.submit("U0RAJ", code=shows(desk, raj))
    assert "Thank you. #1001 is with the desk now" in desk.text_of(left)
    assert "it is good here until 12:15 UTC" in desk.text_of(left)
    assert WORDS in desk.said("U0KIM", AGENTS)
    thread = desk.said("U0RAJ")
    assert "It is open; the desk has it" in thread
    assert "Raj Patel gave a second proof, and handed this in" in thread


def test_from_the_drafts_own_message(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel")
    cancel(desk)
    desk.click("U0RAJ", "prove")
    left = desk.submit("U0RAJ", code=shows(desk, raj))
    assert "#1001 is with the desk now" in desk.text_of(left)
    cancel(desk)
    assert "#1002 is open" in shown(desk), "while it lasts a request goes to the desk at once"
    desk.pass_time(15 * 60 + 1)
    cancel(desk)
    assert "#1003 is a draft" in shown(desk), "and no longer than that"


def test_what_was_proved_meanwhile_hands_in_with_one_click(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel")
    cancel(desk)
    desk.be("U0RAJ").dm("prove")
    desk.work()
    desk.click("U0RAJ", "prove", value=f"{TIDEWORKS}:0", holding="A second proof of who you are")
    desk.submit("U0RAJ", code=shows(desk, raj))
    assert WORDS not in desk.said("U0KIM", AGENTS)
    desk.click("U0RAJ", "prove", holding="Ticket #1001")
    assert desk.said("U0RAJ").count("handed this in") == 1
    assert WORDS in desk.said("U0KIM", AGENTS)


def test_a_wrong_code_says_so_and_counts(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel")
    cancel(desk)
    right = shows(desk, raj)
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        left = desk.submit("U0RAJ", code=wrong)
        assert left is not None
        assert "That did not match" in str(left.errors)
    left = desk.submit("U0RAJ", code=right)
    assert "Too many codes were tried" in str(left.errors if left else ""), "the right one is not even looked at"
    assert WORDS not in desk.said("U0KIM", AGENTS)
    desk.be("U0RAJ").dm("prove")
    desk.work()
    desk.click("U0RAJ", "prove", value=f"{TIDEWORKS}:0", holding="A second proof")
    left = desk.submit("U0RAJ", code=right)
    assert "Too many codes were tried" in str(left.errors if left else ""), "another form is no fresh count"


def test_what_is_no_code_is_no_try(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel")
    cancel(desk)
    for typed in ("12345", "abcdef", "1234567", "①②③④⑤⑥"):
        left = desk.submit("U0RAJ", code=typed)
        assert left is not None
        assert "six digits, or eight" in str(left.errors)
    assert "with the desk now" in desk.text_of(desk.submit("U0RAJ", code=shows(desk, raj)))


def test_a_code_is_good_once(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel")
    cancel(desk)
    code = shows(desk, raj)
    desk.submit("U0RAJ", code=code)
    with desk.store.transaction("test") as tx:
        revoke(tx, [7], "authenticator")
    cancel(desk)
    left = desk.submit("U0RAJ", code=code)
    assert "That did not match" in str(left.errors if left else "")


@pytest.mark.parametrize("kind", ["step", "link", "unlock", "carry_phone"])
def test_slack_itself_is_no_second_proof_for_slack(slack_once: SlackDesk, kind: str) -> None:
    """Codes of other kinds, and whatever Slack showed, count for nothing in the form."""
    desk, who = slack_once, SUBJECT["raj.patel"]
    cancel(desk)
    with desk.store.transaction("test") as tx:
        digits = one_time_codes.issue(tx, kind, who, "T0DESK:U0RAJ")
    left = desk.submit("U0RAJ", code=digits)
    assert "That did not match" in str(left.errors if left else "")


def test_a_text_code_for_a_call_or_of_somebody_else_does_not_fit(slack_once: SlackDesk) -> None:
    desk = slack_once
    cancel(desk)
    with desk.store.transaction("test") as tx:
        of_a_call = one_time_codes.issue(tx, "text", SUBJECT["raj.patel"], "CA" + "1" * 32)
        of_sam = one_time_codes.issue(tx, "text", SUBJECT["sam.okoro"], bound_to("T0DESK:U0RAJ", TIDEWORKS))
        elsewhere = bound_to("T0DESK:U0RAJ", TIDEWORKS + 1)
    for digits in (of_a_call, of_sam, "of another account"):
        if digits == "of another account":
            with desk.store.transaction("test") as tx:
                digits = one_time_codes.issue(tx, "text", SUBJECT["raj.patel"], elsewhere)
        left = desk.submit("U0RAJ", code=digits)
        assert "That did not match" in str(left.errors if left else "")
    with desk.store.transaction("test") as tx:
        here = one_time_codes.issue(tx, "text", SUBJECT["raj.patel"], bound_to("T0DESK:U0RAJ", TIDEWORKS))
    assert "with the desk now" in desk.text_of(desk.submit("U0RAJ", code=here))


def test_a_young_authenticator_proves_nothing_yet(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel", days=2)
    cancel(desk)
    assert "not yet: your authenticator app, which counts from" in shown(desk)
    left = desk.submit("U0RAJ", code=shows(desk, raj))
    assert "That did not match" in str(left.errors if left else "")
    desk.now += DAYS
    assert "with the desk now" in desk.text_of(desk.submit("U0RAJ", code=shows(desk, raj)))


def test_with_nothing_on_file_it_says_what_to_do(slack_once: SlackDesk) -> None:
    desk = slack_once
    cancel(desk)
    assert "a number you hear on the phone: call us, give your PIN and press 8, then 3" in shown(desk)
    linked_days_ago(desk, "U0RAJ", 1)
    cancel(desk)
    assert "There is nothing on file yet by which you could prove it. Set up an authenticator app" in shown(desk)
    assert "call us" not in shown(desk), "there is nothing there either"


def test_a_transfer_code_from_the_phone_counts_for_its_account_and_topic(slack: SlackDesk) -> None:
    desk = slack
    cancel(desk)
    head = desk.last("U0RAJ", holding="Ticket #1001")
    digits = carried_from_the_phone(desk, "raj.patel", TIDEWORKS, "technical")
    desk.be("U0RAJ").dm(f"proof {digits[:4]} {digits[4:]}", thread=head)
    desk.work()
    assert "handed this in" in desk.said("U0RAJ")
    assert WORDS in desk.said("U0KIM", AGENTS)
    assert not stands_in(digits, desk.said("U0KIM", AGENTS)), "nothing of it becomes part of the ticket"
    desk.be("U0RAJ").command("/ticket", "our new card", "help")
    desk.work()
    desk.submit("U0RAJ", about=f"{TIDEWORKS}:billing.pay", words="our new card")
    assert "#1002 is a draft" in shown(desk), "for billing it was not carried"


def test_a_transfer_code_is_its_persons_own_and_good_once(slack_once: SlackDesk) -> None:
    desk = slack_once
    digits = carried_from_the_phone(desk, "raj.patel", TIDEWORKS, "technical")
    desk.be("U0SAM").dm(f"proof {digits}")
    desk.work()
    assert "That did not match" in desk.said("U0SAM")
    desk.be("U0RAJ").dm(f"proof {digits}")
    desk.work()
    assert "what you proved on the phone is good here until 12:15 UTC, for orders, " in desk.said("U0RAJ")
    desk.be("U0RAJ").dm(f"proof {digits}")
    desk.work()
    assert "That did not match" in desk.said("U0RAJ")


def test_a_code_said_in_a_channel_is_good_no_more(slack_once: SlackDesk) -> None:
    desk = slack_once
    digits = carried_from_the_phone(desk, "raj.patel", TIDEWORKS, "technical")
    desk.be("U0RAJ").says("help", f"@Deskgate proof {digits}")
    desk.work()
    assert "Others could read that code" in desk.said("U0RAJ")
    assert "code" not in desk.said("U0LEO", "help").replace(f"proof {digits}", "")
    desk.be("U0RAJ").dm(f"proof {digits}")
    desk.work()
    assert "That did not match" in desk.said("U0RAJ")


@pytest.mark.parametrize("words", ["prove", "transfer code", "authenticator", "locked out"])
def test_in_channels_it_says_to_write_directly_and_no_more(slack_once: SlackDesk, words: str) -> None:
    """The same words for whoever is known and whoever is not."""
    desk = slack_once
    for user in ("U0RAJ", "U0LEO", "U0KIM"):
        desk.be(user).says("help", f"@Deskgate {words}")
    desk.work()
    assert desk.said("U0LEO", "help").count("Write that to me directly, please") == 3
    assert [desk.said(user) for user in ("U0RAJ", "U0LEO", "U0KIM")] == ["", "", ""]


def test_a_proof_is_for_one_account(slack_once: SlackDesk) -> None:
    """Dev's authenticator at Tideworks says nothing at Harbour Bakery."""
    desk = slack_once
    dev = app(desk, "dev.anand")
    desk.be("U0DEV").dm("prove")
    desk.work()
    desk.click("U0DEV", "prove", value=f"{TIDEWORKS}:0")
    desk.submit("U0DEV", code=shows(desk, dev))
    desk.be("U0DEV").open_home()
    desk.work()
    home = desk.text_of(desk.be("U0DEV").home)
    assert "*Tideworks Ltd*: you have given a second proof; it is good here until 12:15 UTC" in home
    assert "*Harbour Bakery*: you have given" not in home
    with desk.store.transaction("test") as tx:
        who = SUBJECT["dev.anand"]
        assert step_ups.until(tx, who, TIDEWORKS, "T0DESK:U0DEV") is not None
        assert step_ups.until(tx, who, 1, "T0DESK:U0DEV") is None
        assert step_ups.until(tx, who, TIDEWORKS, "T0DESK:U0OTHER") is None


def test_whoever_is_forgotten_here_is_proved_no_more(slack_once: SlackDesk) -> None:
    desk = slack_once
    raj = app(desk, "raj.patel")
    cancel(desk)
    desk.submit("U0RAJ", code=shows(desk, raj))
    desk.be("U0RAJ").open_home()
    desk.work()
    home = desk.be("U0RAJ").home
    assert home is not None
    desk.be("U0RAJ").click(home, "unlink")
    desk.work()
    desk.link("U0RAJ", "raj.patel")
    cancel(desk)
    assert "is a draft" in shown(desk)


def test_somebody_elses_draft_is_nobodys_business(slack_once: SlackDesk) -> None:
    desk = slack_once
    sam = app(desk, "sam.okoro")
    cancel(desk)
    desk.be("U0SAM").dm("prove")
    desk.work()
    assert "#1001" not in desk.said("U0SAM")
    desk.click("U0SAM", "prove", value=f"{NORTHLIGHT}:0")
    desk.submit("U0SAM", code=shows(desk, sam))
    from tests.bot.by_hand import click, send

    send(desk, click("prove", "1001", "U0SAM", desk.workspace.dm(desk.be("U0SAM").person).id))
    desk.work()
    assert "You have no such draft" in desk.said("U0SAM")
    send(desk, click("prove", f"{TIDEWORKS}:0", "U0SAM", desk.workspace.dm(desk.be("U0SAM").person).id))
    desk.work()
    assert WORDS not in desk.said("U0KIM", AGENTS)


def test_a_link_of_yesterday_is_enough_to_begin_with_and_no_second_proof(slack_once: SlackDesk) -> None:
    """A young link is how Raj is known here; his app of old is what proves him further."""
    desk = slack_once
    raj = app(desk, "raj.patel")
    linked_days_ago(desk, "U0RAJ", 1)
    cancel(desk)
    assert "with the desk now" in desk.text_of(desk.submit("U0RAJ", code=shows(desk, raj)))


def test_a_code_by_text_message(sample_sqlite: str, slack_stage: Stage) -> None:
    """Where the operator has text messages on: to the number on file, good for this member alone."""
    desk = SlackDesk(sample_sqlite, slack_stage, sms="on", sms_countries="GB")
    cancel(desk)
    assert "to the number on file that ends in 07" in shown(desk)
    desk.be("U0RAJ").click(desk.form("U0RAJ"), "send_text")
    desk.work()
    assert "A text message is on its way to the number that ends in 07" in shown(desk)
    ((to, body),) = desk.exchange.messages
    assert to == "+441632960107"
    digits = "".join(filter(str.isdigit, body))[:8]
    assert not stands_in(digits, shown(desk) + desk.said("U0RAJ"))
    assert "with the desk now" in desk.text_of(desk.submit("U0RAJ", code=digits))
    desk.close()
