"""How each kind of background job is done. Every kind bears being done twice: a worker may die just after doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from email.message import EmailMessage
from typing import Final

import structlog

from authz import NoticeKind
from desk.actors import permit_worker
from desk.held_answers import send as send_held_answer
from desk.webhook_events import EVENT_OF
from deskgate import mail, phone_jobs, webhook_jobs
from deskgate.settings import Settings
from deskgate.smtp import AddressRefusedError
from deskgate.twilio_rest import TwilioRest
from ivr import after
from ivr.turn import PhoneContext
from store import Store, Transaction
from store.accounts import recipients
from store.jobs.job_queue import Delivery, Job, PermanentError, RetryLaterError, enqueue_once, outside
from store.mail_in import pending_mails
from store.messages import recordings, retention
from store.messages.timeline import Recorded
from store.notices import audience, mail_bounces, notice_delivery
from store.security import alerts
from store.sign_in import credentials, invitations, recovery
from store.staff import email_codes, staff_invitations
from store.tickets import held_answers, login_details
from store.verification import pin_reset, slack_members, sms_codes, verification_requests

IN_SLACK: Final = (
    "call_card",
    "slack.code_words",
    "slack.callback_failed",
    verification_requests.ASK,
)  # nothing is owed where Slack is closed
RECORDING_TRIES: Final = 6  # half an hour: by then Twilio has what it will ever have
TRANSCRIPT_TRIES: Final = 5
TEXT_TRIES: Final = 3
log = structlog.get_logger("deliver")
Deliveries = dict[str, Delivery]
Send = Callable[[EmailMessage], None]


def make_deliveries(
    settings: Settings,
    store: Store,
    phone: PhoneContext | None,
    twilio: TwilioRest | None,
    send: Send | None,
) -> Deliveries:
    """Kind of job → how it is done. Without a phone line there is nothing to fetch or ring; `send` is None where there is no mail."""
    deliveries: Deliveries = {
        "notice": lambda tx, job: _tell(send, tx, job),
        "mail": lambda tx, job: _mail(settings, send, tx, job),
        "alarm": lambda tx, job: _alarm(send, tx, job),
        "alert": lambda tx, job: _alert(send, tx, job),
        **dict.fromkeys(IN_SLACK, lambda _tx, _work: None),
        email_codes.KIND: lambda tx, job: _send_proof_code(settings, send, tx, job),
        credentials.WORK: _tried_to_sign_in,
        recovery.WORK: lambda tx, job: recovery.answer(tx, permit_worker(tx), str(job.payload["username"])),
        pin_reset.WORK: lambda tx, job: _send_pin_page(settings, send, tx, job),
        held_answers.WORK: lambda tx, job: send_held_answer(tx, int(job.payload["held"]), phone=settings.phone_open),
        login_details.WORK: lambda tx, job: _send_login_link(settings, send, tx, job),
        "ticket_event": lambda tx, job: _tell_of_ticket(send, tx, job),
        **webhook_jobs.deliveries(settings),
        verification_requests.OVER: lambda tx, job: verification_requests.late(tx, int(job.payload["verification"])),
        "account_news": _account_news,
        pending_mails.WORK: lambda tx, job: _answer_mail(settings, send, tx, job),
        notice_delivery.WORK: lambda tx, job: _send_letter(settings, send, tx, job),
        invitations.WORK: lambda tx, job: _send_invitation(settings, send, tx, job),
        staff_invitations.WORK: lambda tx, job: _send_staff_invitation(settings, send, tx, job),
        slack_members.UNFIT: lambda _tx, _work: outside(lambda: _unlink_unfit(settings, store)),
    }
    if phone is None or twilio is None:
        return deliveries
    return deliveries | {
        "fetch_recording": lambda tx, job: _fetch_recording(twilio, tx, job),
        retention.AT_TWILIO: lambda _tx, job: outside(lambda: twilio.remove_recording(str(job.payload["sid"]))),
        "late_recording": lambda _tx, job: outside(
            lambda: after.keep_late(
                phone, job.payload["call"], Recorded(job.payload["recording"], job.payload["seconds"])
            )
        ),
        "message_not_left": lambda _tx, job: outside(lambda: after.unspoken(phone, job.payload["call"])),
        sms_codes.KIND: lambda tx, job: _text_code(twilio, tx, job),
        "late_transcript": _late_transcript,
        **phone_jobs.deliveries(settings, phone, twilio),
    }


def _fetch_recording(twilio: TwilioRest, tx: Transaction, job: Job) -> Iterator[None]:
    """One that holds nothing is on its ticket as that; so is one that can never be had (jobs_command.py)."""
    sid = str(job.payload["sid"])
    if not recordings.is_wanted(tx, sid):
        return
    yield
    sound = twilio.recording(sid)
    if sound is None and job.attempts < RECORDING_TRIES:
        raise RetryLaterError("Twilio does not have a recording yet")
    if sound is None:
        raise PermanentError("Twilio has no such recording")
    if sound.is_nothing:
        job.then.append(lambda tx: recordings.never(tx, sid, recordings.NOTHING))
    else:
        job.then.append(lambda tx: recordings.put(tx, permit_worker(tx), sid, sound))


def _late_transcript(tx: Transaction, job: Job) -> None:
    """A message that has words already, or never became one, needs none: after a few looks this is over."""
    kept = recordings.transcribed(tx, str(job.payload["recording"]), str(job.payload["text"]))
    if not kept and job.attempts < TRANSCRIPT_TRIES:
        raise RetryLaterError("its ticket is not there yet", 60)


def _tell(send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """One mail is one job of its own: a reader who cannot be reached keeps nobody else from being told. Of their own
    security people hear in Slack as well, and there at once, mail or no mail."""
    if job.payload["notice"] == "contacts_changed":
        webhook_jobs.tell(tx, job, "contact.changed", int(job.payload["account"]))
    if job.payload["notice"] in (*recipients.OWN_SECURITY, *recipients.OF_CONTACT, *recipients.OF_MAIL):
        told = {"notice": job.payload["notice"], "person": job.payload["person"]}
        enqueue_once(tx, "slack.notice", job.key, told)
    if send is None:
        yield  # what is owed to Slack stands
        _needs_mail(send)
    for notice in recipients.addressed(tx, permit_worker(tx), job.payload):
        to = tx.keys.digest("mail", notice.to)[:16]  # keys are shown and logged more freely than an address
        enqueue_once(tx, "mail", f"{job.kind}:{job.key}:{to}", asdict(notice))


def _mail(settings: Settings, send: Send | None, _tx: Transaction, job: Job) -> Iterator[None]:
    yield
    notice = recipients.Notice(**job.payload)
    try:
        _needs_mail(send)(mail.notice_mail(settings, notice, job.key))
    except AddressRefusedError as refused:
        why = str(refused)
        job.then.append(lambda tx: mail_bounces.refused(tx, notice.to, why, notice.person))
        raise
    job.then.append(lambda tx: mail_bounces.accepted(tx, notice.to))


def _tell_of_ticket(send: Send | None, tx: Transaction, job: Job) -> None:
    """By webhook and by mail. Where there is no mail nobody waits for it: what became of a ticket is of no use days later."""
    of = job.payload
    webhook_jobs.tell(tx, job, EVENT_OF[str(of["event"])], int(of["ticket"]))
    if send is not None and of["event"] in notice_delivery.EVENTS:
        notice_delivery.tell_of_ticket(
            tx,
            permit_worker(tx),
            int(of["ticket"]),
            str(of["event"]),
            by_desk=bool(of["by_desk"]),
            key=f"ticket:{job.key}",
        )


def _account_news(tx: Transaction, job: Job) -> None:
    """What an import brought to an account that was there before, as a notice of its kind."""
    grant, kind, account = permit_worker(tx), NoticeKind(job.payload["kind"]), int(job.payload["account"])
    name = audience.name_of(tx, grant, account)
    if name is not None:
        title, body = mail.news(str(job.payload["what"]), name, job.payload["items"])
        notice_delivery.send(tx, grant, kind, (account,), title, body, key=f"import:{job.key}")


def _send_letter(settings: Settings, send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """Judged as it is now, then sent. Of what was written for them people hear in Slack as well; of a ticket they do anyway."""
    id, person = int(job.payload["id"]), int(job.payload["person"])
    with_text = settings.ticket_mail_text == "on"
    letter = notice_delivery.to_mail(tx, permit_worker(tx), id, person, ticket_text=with_text)
    if letter is None:
        return
    if letter.ticket is None:
        enqueue_once(tx, "slack.announcement", f"{id}:{person}", {"id": id, "person": person})
    yield
    try:
        _needs_mail(send)(mail.letter_mail(settings, letter))
    except AddressRefusedError as refused:
        why = str(refused)
        job.then.append(lambda tx: notice_delivery.refused(tx, letter, why))
    else:
        job.then.append(lambda tx: notice_delivery.mailed(tx, letter))


def _answer_mail(settings: Settings, send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """Where there is no mail nobody waits for it: the mail stands on their pages."""
    answer = pending_mails.to_answer(tx, permit_worker(tx), int(job.payload["mail"]))
    if answer is not None and send is not None:
        yield
        send(mail.answer_mail(settings, answer, f"{job.kind}:{job.key}"))


def _send_proof_code(settings: Settings, send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """Each try has a code of its own, committed before it is sent; the code is nowhere but in the mail."""
    send = _needs_mail(send)
    made = email_codes.address(tx, permit_worker(tx), int(job.payload["person"]))
    if made is not None:
        yield
        send(mail.code_mail(settings, made, f"{job.kind}:{job.key}:{job.attempts}"))


def _send_pin_page(settings: Settings, send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """Each try has a link of its own, committed before it is sent; the link is nowhere but in the mail."""
    send = _needs_mail(send)
    made = pin_reset.address(tx, permit_worker(tx), int(job.payload["person"]))
    if made is not None:
        yield
        send(mail.pin_page_mail(settings, made, f"{job.kind}:{job.key}:{job.attempts}"))


def _send_invitation(settings: Settings, send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """The same for the link by which somebody joins."""
    send = _needs_mail(send)
    person, vouched = int(job.payload["person"]), bool(job.payload.get("vouched"))
    made = invitations.address(tx, permit_worker(tx), person, vouched=vouched)
    if made is not None:
        yield
        send(mail.invitation_mail(settings, made, f"{job.kind}:{job.key}:{job.attempts}"))


def _send_staff_invitation(settings: Settings, send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """The same for one of the staff; nothing where that invitation was withdrawn meanwhile."""
    send = _needs_mail(send)
    made = staff_invitations.address(tx, permit_worker(tx), int(job.payload["staff"]), int(job.payload["at"]))
    if made is not None:
        yield
        send(mail.staff_invitation_mail(settings, made, f"{job.kind}:{job.key}:{job.attempts}"))


def _send_login_link(settings: Settings, send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """The same for the link to login details, which are nowhere but in the database, sealed."""
    send = _needs_mail(send)
    made = login_details.address(tx, permit_worker(tx), int(job.payload["deposit"]))
    if made is not None:
        yield
        send(mail.login_details_mail(settings, made, f"{job.kind}:{job.key}:{job.attempts}"))


def _text_code(twilio: TwilioRest, tx: Transaction, job: Job) -> Iterator[None]:
    """As by mail: each try has a code of its own. A text costs money, and late it is of no use: a few tries, and no more."""
    if job.attempts > TEXT_TRIES:
        raise PermanentError("a text message did not go out")
    made = sms_codes.to_send(
        tx, permit_worker(tx), int(job.payload["text"]), str(job.payload["code"]), str(job.payload["bound"])
    )
    if made is not None:
        yield
        twilio.text(made.to, mail.code_text(made))


def _unlink_unfit(settings: Settings, store: Store) -> None:
    with store.transaction("worker") as tx:
        home = slack_members.home_of(tx, settings.slack_home)
    people = store.unfit_links(home)
    if people:
        with store.transaction("worker") as tx:
            slack_members.unlink_unfit(tx, home, people)


def _tried_to_sign_in(tx: Transaction, job: Job) -> None:
    credentials.tried(tx, permit_worker(tx), str(job.payload["realm"]), str(job.payload["username"]))


def _needs_mail(send: Send | None) -> Send:
    if send is None:
        raise RetryLaterError("SMTP_URL is not set: nobody can be told by mail", 3600)
    return send


def _alarm(send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """In the log at once, whatever becomes of the mail."""
    if job.attempts == 1:
        log.critical("alarm_raised", alarm=job.payload["notice"], account_id=job.payload["account"])
    return _tell(send, tx, job)


def _alert(send: Send | None, tx: Transaction, job: Job) -> Iterator[None]:
    """In the log at once: of what is for supervisors alone no more than that there is something. They get a mail that says the
    same; what it is stands on the desk's page, and in Slack in direct messages."""
    found = alerts.to_deliver(tx, permit_worker(tx), int(job.payload["alert"]))
    if found is None:
        return
    enqueue_once(tx, "slack.alert", str(found.id), {"alert": found.id})
    webhook_jobs.tell(tx, job, "alert.raised", found.id)
    if found.audience == alerts.SUPERVISORS and send is not None:
        told = {"notice": "look_at_the_desk", "account": None}
        enqueue_once(tx, "notice", f"alert:{found.id}", told)
    yield
    if found.audience == alerts.SUPERVISORS:
        log.critical("alert_raised", alert=found.id, audience=found.audience)
    else:
        log.warning("alert_raised", alert=found.id, kind=found.kind, account_id=found.account, detail=found.detail)
