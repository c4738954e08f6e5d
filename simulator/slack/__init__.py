"""A little Slack, played on loopback: workspaces and people, the Web API, and its half of the page."""

from simulator.slack.cast import App, Cast, Channel, Command, Person, Shortcut, Team
from simulator.slack.delivery import PATIENCE, TimedOutError, posting
from simulator.slack.elements import NoSuchElementError
from simulator.slack.injected_faults import Trouble
from simulator.slack.member import Member
from simulator.slack.message import Message
from simulator.slack.refusals import NotAvailableError
from simulator.slack.sample import SAMPLE
from simulator.slack.view import View
from simulator.slack.workspace import Workspace

__all__ = [
    "PATIENCE",
    "SAMPLE",
    "App",
    "Cast",
    "Channel",
    "Command",
    "Member",
    "Message",
    "NoSuchElementError",
    "NotAvailableError",
    "Person",
    "Shortcut",
    "Team",
    "TimedOutError",
    "Trouble",
    "View",
    "Workspace",
    "posting",
]
