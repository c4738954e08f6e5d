"""Names that operators, platforms and other people's scripts hold on to: they do not change with ours. Typed here by hand."""

from __future__ import annotations

from deskgate.__main__ import COMMANDS
from deskgate.settings import Settings

SETTINGS = [
    "DATABASE_URL",
    "SECRET_KEYS",
    "PUBLIC_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_NUMBER",
    "AGENT_NUMBER",
    "EMERGENCY_NUMBER",
    "TWILIO_API_URL",
    "SLACK_SIGNING_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_API_URL",
    "SLACK_AGENT_CHANNEL",
    "SMTP_URL",
    "MAIL_FROM",
    "PIN_CHOICE",
    "STEP_UP_MINUTES",
    "SCHEMES_DIR",
    "OPENING_HOURS",
    "ELEVATED_THREAT",
    "DESKGATE_ENV",
]
THESE = [
    "serve",
    "migrate",
    "import",
    "explain",
    "matrix",
    "pin",
    "tickets",
    "audit",
    "staff",
    "jobs",
    "doctor",
    "simulate",
]


def test_the_settings_keep_their_names() -> None:
    assert [name for name in SETTINGS if name.lower() not in Settings.model_fields] == []


def test_the_commands_keep_their_names() -> None:
    assert [name for name in THESE if name not in COMMANDS] == []
