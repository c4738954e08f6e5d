"""Twilio's part, played on loopback: the exchange, its phones, scripts for them, and two places to hold one."""

from simulator.exchange import Exchange, Unreachable, posting
from simulator.phone import CallOver, Phone
from simulator.script import BadScript, ScriptMismatch, play, record

__all__ = ["BadScript", "CallOver", "Exchange", "Phone", "ScriptMismatch", "Unreachable", "play", "posting", "record"]
