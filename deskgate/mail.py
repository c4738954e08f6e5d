"""What is sent by mail: notices, which hold no secret, and a code to link Slack; and the words of a code by text message.
Plain words; the one link is to a new PIN."""

from __future__ import annotations

from email.message import EmailMessage
from hashlib import sha256
from typing import Final

from deskgate.settings import Settings
from deskgate.smtp import wire_address, wire_sender
from store.accounts.recipients import OF_DESK, OF_STAFF, Notice
from store.staff.email_codes import ProofMail
from store.verification.pin_reset import PageMail
from store.verification.sms_codes import TextCode

# kind → (subject, words to the person themselves, subject, words to an owner). {about} is a person's or an account's name.
WORDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "pin_locked": (
        "Your support PIN was keyed wrongly several times",
        (
            "Your support PIN was keyed wrongly several times in a row, so it does not work by phone for now. If that "
            "was you, wait half an hour or ask the desk. If it was not, ask the desk for a new PIN."
        ),
        "A support PIN was keyed wrongly several times",
        "The support PIN of {about} was keyed wrongly several times in a row, so it does not work by phone for now.",
    ),
    "pin_unlocked": (
        "Your support PIN works again",
        "The desk has made your support PIN work by phone again. If you did not ask for that, tell the desk at once.",
        "A support PIN works again",
        "The desk has made the support PIN of {about} work by phone again.",
    ),
    "pin_set": (
        "Your support PIN was changed",
        "You have a new support PIN. If you did not ask for one, tell the desk at once.",
        "A support PIN was changed",
        "{about} has a new support PIN.",
    ),
    "slack_linked": (
        "A Slack account was linked to you",
        (
            "A Slack account is now linked to you. It can open tickets and see your account in Slack. If that was not you, "
            "tell the desk at once."
        ),
        "A Slack account was linked to a contact",
        "A Slack account is now linked to {about}. It can do in Slack what {about} can do with the desk.",
    ),
    "slack_unlinked": (
        "A Slack account is no longer linked to you",
        "A Slack account is no longer linked to you. If that was not you, tell the desk at once.",
        "A Slack account is no longer linked to a contact",
        "A Slack account is no longer linked to {about}.",
    ),
    "authenticator_added": (
        "An authenticator was added for you",
        (
            "An authenticator app was added for you with the support desk. In three days it can prove who you are. If that "
            "was not you, tell the desk at once."
        ),
        "An authenticator was added for a contact",
        "An authenticator app was added for {about}. In three days it can prove who {about} is.",
    ),
    "authenticator_ending": (
        "Your authenticator is to be removed",
        (
            "Somebody asked for your authenticator app to be removed. In three days it will no longer prove who you are to "
            "the support desk. If that was not you, keep it: in Slack write to the desk: authenticator. And tell the desk at once."
        ),
        "The authenticator of a contact is to be removed",
        "In three days the authenticator app of {about} will no longer prove who they are.",
    ),
    "authenticator_removed": (
        "Your authenticator was removed",
        "Your authenticator app no longer proves who you are to the support desk. If that was not you, tell the desk at once.",
        "The authenticator of a contact was removed",
        "The authenticator app of {about} no longer proves who they are.",
    ),
    "numbers_changed": (
        "Your telephone numbers with the desk were changed",
        (
            "The telephone numbers the support desk has for you were changed. A new one proves nothing for three days. If "
            "that was not you, tell the desk at once."
        ),
        "The telephone numbers of a contact were changed",
        "The telephone numbers the support desk has for {about} were changed. A new one proves nothing for three days.",
    ),
    "address_changed": (
        "Your e-mail address with the desk was changed",
        (
            "The e-mail address the support desk has for you was changed. The one before is told of changes like this for "
            "another 30 days. If that was not you, tell the desk at once."
        ),
        "The e-mail address of a contact was changed",
        "The e-mail address the support desk has for {about} was changed.",
    ),
    "not_me": (
        "Somebody on the phone said they were you",
        (
            "Somebody on the phone said they were you, and you told us in Slack that it was not you. They got nothing. The "
            "desk has been told; if anything looks wrong to you, tell the desk."
        ),
        "Somebody on the phone said they were a contact",
        "Somebody on the phone said they were {about}, and {about} told us that it was not so. They got nothing.",
    ),
    "code_overheard": (
        "Your code was said where others could read it",
        (
            "A code or a one-time link of yours was written where others could read it, so it no longer works. Get another if "
            "you need it, and keep it to yourself: nobody of the desk will ask you for it."
        ),
        "A code of a contact was said where others could read it",
        "A code or a one-time link of {about} was written where others could read it, so it no longer works.",
    ),
    "contacts_changed": (
        "The contacts of your account were changed",
        "The contacts of {about} were changed. If you did not expect that, tell the desk at once.",
        "The contacts of your account were changed",
        "The contacts of {about} were changed. If you did not expect that, tell the desk at once.",
    ),
    "contact_removed": (
        "You were taken off an account",
        (
            "You are no longer on {about} with the support desk, and may do nothing there. If you did not expect that, ask whoever "
            "looks after the account, and tell the desk."
        ),
        "",
        "",
    ),
    "rights_lost": (
        "You may do less on an account than before",
        (
            "What you may do on {about} with the support desk was changed: you lost a right or a role, or your role is "
            "somebody else's now. If you did not expect that, ask whoever looks after the account, and tell the desk."
        ),
        "",
        "",
    ),
    "signin_tried": (
        "Somebody tried to sign in as you",
        (
            "Somebody tried to sign in to the desk's page with your username, in a browser you have not used there, and had the "
            "wrong password. If that was you, do nothing. If not, you need do nothing either: they did not get in, and you "
            "can sign in where you always do. The supervisors know."
        ),
        "",
        "",
    ),
    "signin_codes_spent": (
        "Five wrong codes with your password for the desk's page",
        (
            "Somebody entered your username, your password and five wrong codes in a browser you have signed in with. That browser "
            "can now try one code every two hours. If it was you, check that your phone shows the right time. If not, somebody is "
            "using your browser and knows your password: tell a supervisor, and ask the operator for a new link to join."
        ),
        "",
        "",
    ),
    "signin_code": (
        "Somebody knows your password for the desk's page",
        (
            "Somebody gave your username and your password to the desk's page in a browser you have not used there, with a wrong "
            "code. They did not get in. If that was not you, ask the operator for a new link to join, choose another password, "
            "and change the old one wherever else you use it. The supervisors know."
        ),
        "",
        "",
    ),
    "account_changed": (
        "Your account was changed",
        (
            "How {about} stands with the support desk was changed: its name, its status, its rules, what its SLA covers, or whose "
            "Slack belongs to it. If you did not expect that, tell the desk at once."
        ),
        "Your account was changed",
        (
            "How {about} stands with the support desk was changed: its name, its status, its rules, what its SLA covers, or whose "
            "Slack belongs to it. If you did not expect that, tell the desk at once."
        ),
    ),
    "person_changed": (
        "Your name or support ID with the desk was changed",
        (
            "The name or the support ID the support desk has for you was changed. If you did not expect that, tell the desk at "
            "once."
        ),
        "The name or support ID of a contact was changed",
        "The name or the support ID the support desk has for {about} was changed.",
    ),
    "staff_changed": (
        "A member of the desk was changed",
        "The role, the e-mail address, the phone or the Slack member of {about} was changed by an import.",
        "A member of the desk was changed",
        "The role, the e-mail address, the phone or the Slack member of {about} was changed by an import.",
    ),
    "look_at_the_desk": (
        "Alarm: please look at the desk's page",
        "There is an alarm for supervisors. Read it on the desk's page; it is nowhere else.",
        "Alarm: please look at the desk's page",
        "There is an alarm for supervisors. Read it on the desk's page; it is nowhere else.",
    ),
    "emergency_unanswered": (
        "Alarm: an emergency call was not answered",
        "An emergency call for {about} was not answered. There is an urgent ticket.",
        "Alarm: an emergency call was not answered",
        "An emergency call for {about} was not answered. There is an urgent ticket.",
    ),
}
CODE_TEXT: Final = (
    "Your support desk code is {code}. It is good for ten minutes, where you asked for it and nowhere else. Nobody of the "
    "desk will ask you for it."
)
PROOF_SUBJECT: Final = "Your code to link Slack"
PROOF_WORDS: Final = (
    "Your code to link Slack to your account is {parted}. In Slack write to the desk: link {code}. It is good for ten "
    "minutes and works once.\n\n"
    "The desk asked for it to be sent because someone said they are you. If you did not ask for anything, do nothing and "
    "tell the desk: nobody at the desk can see this code or will ever ask for it."
)


OBJECT: Final = (
    "To tell the desk: {phone}in Slack write to the desk. Nobody at the desk ever asks for a PIN or a code by mail, "
    "and there is no link in this one."
)

PIN_PAGE_SUBJECT: Final = "Your link to a new support PIN"
PIN_PAGE_WORDS: Final = (
    "The desk has agreed to give you a new support PIN. It is made and shown to you, once, on this page, within a day:\n\n"
    "{link}\n\n"
    "Until then your old PIN stays as it is. If you did not ask for a new one, do not open the page, and tell the desk at "
    "once: nobody at the desk can see your PIN or will ever ask for it."
)


def notice_mail(settings: Settings, notice: Notice, key: str) -> EmailMessage:
    """With how to object, where there is something to object to."""
    subject, words, to_owner, about = WORDS[notice.kind]
    if not notice.own:
        subject, words = to_owner, about
    words = words.format(about=notice.about)
    if notice.kind not in (*OF_DESK, *OF_STAFF):
        phone = f"ring {settings.twilio_number[0]}, or " if settings.twilio_number else ""
        words += "\n\n" + OBJECT.format(phone=phone)
    return _mail(settings, notice.to, notice.name, subject, words, key)


def code_mail(settings: Settings, made: ProofMail, key: str) -> EmailMessage:
    """A code made anew needs a key of its own, or whoever receives it may drop the mail as a repeat."""
    words = PROOF_WORDS.format(parted=f"{made.code[:4]} {made.code[4:]}", code=made.code)
    return _mail(settings, made.to, made.name, PROOF_SUBJECT, words, key)


def pin_page_mail(settings: Settings, made: PageMail, key: str) -> EmailMessage:
    words = PIN_PAGE_WORDS.format(link=f"{settings.public_url}/pin/{made.token}")
    return _mail(settings, made.to, made.name, PIN_PAGE_SUBJECT, words, key)


def code_text(made: TextCode) -> str:
    """The words of a text message: one message long."""
    return CODE_TEXT.format(code=made.code)


def _mail(settings: Settings, to: str, name: str, subject: str, words: str, key: str) -> EmailMessage:
    """Its Message-ID is made from the work's key, so that a repeat can be told by whoever receives it. Raises `PermanentError` for an
    address that is none."""
    sender, domain = wire_sender(settings.mail_from or "desk@localhost")
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = sender
    mail["To"] = wire_address(to)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Message-ID"] = f"<{sha256(f'{key} {to}'.encode()).hexdigest()[:32]}@{domain}>"
    mail.set_content(f"Hello {name},\n\n{words}\n\nThe support desk\n")
    return mail
