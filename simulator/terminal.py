"""`deskgate simulate call`: a keypad phone in the terminal, by hand or from a script file.

The legs live in this process: the service sees signed webhooks and nothing else. A person the desk rings (an agent)
rings where TWILIO_API_URL points, which in simulator mode is the page at /simulator.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import httpx2

from simulator.exchange import Exchange, posting
from simulator.phone import KEYS, WITHHELD, CallOverError, Phone
from simulator.script import BadScriptError, ScriptMismatchError, play
from store.text.this_machine import is_here

_HELP = """\
  10000081#     keys, as on a phone
  say WORDS     your message, ended with #; `say WORDS and hang up` ends the call instead
  wait          let the time-out pass (an empty line does, too)
  hangup        end the call
  ?             this"""


@contextmanager
def dialling(base_url: str, account_sid: str, auth_token: str, public_url: str, number: str) -> Iterator[Exchange]:
    """An exchange for a service at `base_url`, which signs for `public_url`."""
    # trust_env off: a proxy of the environment has no business between two programs on one machine.
    with httpx2.Client(base_url=base_url, timeout=15, trust_env=False) as client:
        yield Exchange(posting(client), account_sid, auth_token, public_url, number)


def run_call(
    base_url: str,
    from_number: str,
    script: Path | None,
    exchange: Exchange,
    *,
    out: TextIO | None = None,
    errors: TextIO | None = None,
    ask: Callable[[str], str] = input,
) -> int:
    """Make one call. 0: it went as it should; 1: not as the script says; 2: a base URL or a script that cannot be."""
    out, errors = out or sys.stdout, errors or sys.stderr
    if not is_here(base_url):
        errors.write(f"simulate: {base_url} is not on this machine; the simulator rings loopback addresses only\n")
        return 2
    if script is None:
        _by_hand(exchange.phone(from_number or WITHHELD), out, ask)
        errors.writelines(f"simulate: {words}\n" for words in _why_not(exchange, base_url))
        return 0
    try:
        words = script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        errors.write(f"simulate: {script} cannot be read: {error}\n")
        return 2
    try:
        transcript = play(words, exchange, from_number=from_number)
    except BadScriptError as error:
        errors.write(f"simulate: {script}: {error}\n")
        return 2
    except ScriptMismatchError as error:
        errors.write(f"simulate: {script}: {error}\n")
        errors.writelines(f"simulate: {words}\n" for words in _why_not(exchange, base_url))
        return 1
    out.writelines(f"{who}: {said}\n" for who, said in transcript)
    out.write(f"{script.name}: as it should be\n")
    return 0


def _why_not(exchange: Exchange, base_url: str) -> Iterator[str]:
    """Where the service was not reached, or took the call for a forged one: what to do about it."""
    first = next(iter(exchange.faults), None)
    if first is not None and first.code == 11205:
        yield f"nothing answers at {base_url}: start it with `make run`, or say with --url where it is"
    elif first is not None and first.words.endswith(" 403"):
        yield f"the service at {base_url} refuses this phone's signature: ring from the folder it was started in, with its settings"


def _by_hand(phone: Phone, out: TextIO, ask: Callable[[str], str]) -> None:
    out.write(f"Ringing {phone.called} from {phone.caller}. Keys, `say …`, `wait`, `hangup`; `?` for help.\n")
    phone.dial()
    told = 0
    while True:
        out.writelines(f"  desk  {words}\n" for words in phone.heard[told:])
        told = len(phone.heard)
        if phone.state == "ended":
            out.writelines(f"  twilio logs {fault}\n" for fault in phone.exchange.faults if fault.call == phone.sid)
            out.write("  The call has ended.\n")
            return
        try:
            typed = ask(f"{phone.state}> ").strip()
        except (EOFError, KeyboardInterrupt):
            typed = "hangup"
        try:
            _do(phone, typed, out)
        except (CallOverError, ValueError) as error:
            out.write(f"  {error}\n")


def _do(phone: Phone, typed: str, out: TextIO) -> None:
    word, _, rest = typed.partition(" ")
    match word.lower():
        case "" | "wait":
            phone.wait()
        case "hangup":
            phone.hang_up()
        case "say":
            said = rest.removesuffix(" and hang up")
            phone.speak(said, then_hang_up=said != rest)
        case _ if set(typed) <= KEYS:
            phone.press(typed)
        case "?":
            out.write(_HELP + "\n")
        case _:
            out.write("  That is neither a key nor a word this phone knows; ? tells what is.\n")
