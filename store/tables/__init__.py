"""Every table there is. Nobody outside `store` imports this package."""

from __future__ import annotations

from sqlalchemy import Table

from store.tables.accounts import (
    Account,
    AccountChange,
    ChangeFeed,
    Contact,
    ContactChange,
    ContactRequest,
    ContactRight,
    Invoice,
    Service,
)
from store.tables.api_keys import ApiAnswer, ApiKey
from store.tables.assistants import Assistant, SuggestedAnswer
from store.tables.base import Base
from store.tables.calls import AgentLeg, Call, Callback, CallTicket, Delivery, SupportCall
from store.tables.codes import Code
from store.tables.delegations import Delegation, DelegationRequest
from store.tables.help_desks import HelpDeskLeft, HelpDeskMessage, HelpDeskPosition, HelpDeskTicket, HelpDeskTransaction
from store.tables.jobs import Job
from store.tables.ledger import Checkpoint, Entry, SchemaSince, Segment, WriteProbe
from store.tables.mail_in import PendingMail
from store.tables.messages import EarlyEdit, File, Message, Recording
from store.tables.notices import MailBounce, MailPreference, Notice, NoticeAccount, NoticeRecipient
from store.tables.people import ErasedName, OldEmail, Person, PersonLogin, PersonSession, Phone
from store.tables.reports import DailyFigure
from store.tables.security import Alert, Budget, Switch
from store.tables.sign_in import Passkey, Vouch
from store.tables.slack import AccountTeam, Installation, InstallState, Post, Quote, SlackMember
from store.tables.staff import (
    ROLES,
    SUPERVISORS,
    AccountAccess,
    Drill,
    DualControl,
    OpeningException,
    SentForm,
    Staff,
    StaffLogin,
    StaffSession,
    UnsentWords,
    WallDisplay,
)
from store.tables.tickets import (
    AnswerState,
    Assignment,
    BulkAction,
    CannedAnswer,
    HeldAnswer,
    LoginDetails,
    QueueView,
    Ticket,
    TicketLink,
    TicketMerge,
    TicketPresence,
    TicketTag,
    TicketThread,
    TicketWord,
)
from store.tables.verification import Approval, Authenticator, Pin, PinGuard, StepUp, TextMessage, VerificationRequest
from store.tables.webhooks import WebhookEndpoint, WebhookMessage

__all__ = ["ROLES", "SUPERVISORS", "Base"]


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


people, phones, old_emails, erased_names = map(_table, (Person, Phone, OldEmail, ErasedName))
person_logins, person_sessions = map(_table, (PersonLogin, PersonSession))
staff, staff_logins, staff_sessions, wall_displays = map(_table, (Staff, StaffLogin, StaffSession, WallDisplay))
accounts, contacts, contact_rights, contact_changes = map(_table, (Account, Contact, ContactRight, ContactChange))
account_changes, change_feed = map(_table, (AccountChange, ChangeFeed))
contact_requests, services, invoices = map(_table, (ContactRequest, Service, Invoice))
held_answers, canned_answers, ticket_presence = map(_table, (HeldAnswer, CannedAnswer, TicketPresence))
tickets, messages, recordings, attachments, ticket_threads, assignments, early_edits, answer_states, login_details = (
    map(_table, (Ticket, Message, Recording, File, TicketThread, Assignment, EarlyEdit, AnswerState, LoginDetails))
)
ticket_words, ticket_tags, ticket_links, ticket_merges = map(_table, (TicketWord, TicketTag, TicketLink, TicketMerge))
queue_views, bulk_actions = map(_table, (QueueView, BulkAction))
pins, pin_guards, budgets, codes = map(_table, (Pin, PinGuard, Budget, Code))
step_ups, authenticators, approvals, text_messages = map(_table, (StepUp, Authenticator, Approval, TextMessage))
calls, support_calls, call_tickets, agent_legs, callbacks, deliveries, jobs = map(
    _table, (Call, SupportCall, CallTicket, AgentLeg, Callback, Delivery, Job)
)
account_access, alerts, switches, dual_control = map(_table, (AccountAccess, Alert, Switch, DualControl))
sent_forms, unsent_words, passkeys, vouches = map(_table, (SentForm, UnsentWords, Passkey, Vouch))
assistants, suggested_answers = map(_table, (Assistant, SuggestedAnswer))
drills, opening_exceptions = map(_table, (Drill, OpeningException))
slack_members, account_teams, installations, install_states, posts, quotes = map(
    _table, (SlackMember, AccountTeam, Installation, InstallState, Post, Quote)
)
delegations, delegation_requests = map(_table, (Delegation, DelegationRequest))
notices, notice_accounts, notice_recipients, mail_bounces, mail_preferences = map(
    _table, (Notice, NoticeAccount, NoticeRecipient, MailBounce, MailPreference)
)
daily_figures = _table(DailyFigure)
pending_mails = _table(PendingMail)
api_keys, api_answers = map(_table, (ApiKey, ApiAnswer))
help_desk_tickets, help_desk_messages, help_desk_left, help_desk_transactions, help_desk_positions = map(
    _table, (HelpDeskTicket, HelpDeskMessage, HelpDeskLeft, HelpDeskTransaction, HelpDeskPosition)
)
verification_requests = _table(VerificationRequest)
webhook_endpoints, webhook_messages = map(_table, (WebhookEndpoint, WebhookMessage))
segments, ledger, checkpoints, write_probe, schema_since = map(
    _table, (Segment, Entry, Checkpoint, WriteProbe, SchemaSince)
)
