"""The settings of mail, in and out: what each may be, with what to write instead."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from deskgate.smtp import server_of, wire_sender
from store.jobs.job_queue import PermanentError
from store.text import addresses

LOOPBACK: Final = "127.0.0.1:2525"


def place_of(value: str) -> tuple[str, int]:
    """The address and the port of MAIL_IN. Raises `ValueError` with what to write."""
    host, _, port = value.rpartition(":")
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        host = ""
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65_535:
        raise ValueError(f"must be an IP address of this machine and a port, like {LOOPBACK}")
    return host.strip("[]"), int(port)


def is_loopback(value: str) -> bool:
    return ip_address(place_of(value)[0]).is_loopback


def _place(value: str) -> str:
    if value:
        place_of(value)
    return value


def _addresses(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = tuple(word.strip() for word in value.split(",") if word.strip())
    if not all(map(addresses.is_address, found)):
        raise ValueError("must be addresses like support@desk.example, with commas between them")
    return found


def _server_name(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9._-]{1,253}", value):
        raise ValueError(
            "must be the name your mail server writes first in Authentication-Results, like mx.desk.example"
        )
    return value


def _mail_server(value: str) -> str:
    if value:
        server_of(value)
    return value


def _sender(value: str) -> str:
    try:
        if value:
            wire_sender(value)
    except PermanentError:
        raise ValueError("must be an address like desk@desk.example, or Support desk <desk@desk.example>") from None
    return value


Place = Annotated[str, AfterValidator(_place)]
Addresses = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_addresses)]
ServerName = Annotated[str, AfterValidator(_server_name)]
MailServerUrl = Annotated[str, AfterValidator(_mail_server)]
Sender = Annotated[str, AfterValidator(_sender)]
