"""What docs/reference/platforms.md says of the libraries, run with the installed ones: where one is mended, our own way may go."""

import inspect
import time

import pytest
from slack_bolt.authorization.authorize import InstallationStoreAuthorize
from slack_bolt.request.internals import parse_body
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from starlette.datastructures import FormData
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator

FORM = "application/x-www-form-urlencoded"


def test_bolt_loses_a_command_that_holds_the_word_payload() -> None:
    assert parse_body("command=%2Fticket&text=the+shop+is+broken", FORM)["text"] == "the shop is broken"
    assert parse_body("command=%2Fticket&text=the+payload+is+broken", FORM) == {}


def test_slacks_verifier_raises_over_bad_headers() -> None:
    verifier = SignatureVerifier("secret")
    with pytest.raises(ValueError, match="invalid literal"):
        verifier.is_valid("body", "yesterday", "v0=00")
    with pytest.raises(TypeError):
        verifier.is_valid("body", str(int(time.time())), "v0=é")


def test_twilios_validator_needs_every_value_and_a_signature() -> None:
    validator, url = RequestValidator("token"), "https://desk.example/ivr/turn"
    sent = FormData([("Digits", "1"), ("Digits", "2")])
    signature = validator.compute_signature(url, sent)
    assert validator.validate(url, sent, signature)
    assert not validator.validate(url, dict(sent), signature)
    with pytest.raises(TypeError):
        validator.validate(url, sent, None)


def test_the_clients_defaults_are_not_ours() -> None:
    assert TwilioHttpClient().timeout is None
    assert [type(handler).__name__ for handler in WebClient().retry_handlers] == ["ConnectionErrorRetryHandler"]
    assert inspect.signature(InstallationStoreAuthorize.__init__).parameters["cache_enabled"].default is False
