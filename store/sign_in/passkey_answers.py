"""What a browser is asked for a passkey, and what it answers: a challenge of ours, good once, and everything WebAuthn has us look at.

py_webauthn does the cryptography. What it leaves to its callers is here: that a challenge is answered once, in the browser and for
the thing it was asked for; that nothing comes out of a frame; that the handle is theirs; and that no attestation is read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from store import tables
from store.db.keys import Keys
from store.db.transaction import Transaction, upsert

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticationCredential

LIFE: Final = 5 * 60_000  # ms for which a challenge is good
LONGEST_ANSWER: Final = 8_000  # characters of what a browser sends
BYTES: Final = 32  # of a challenge, and of a handle
_LONGEST_KEY: Final = 1_024  # bytes: an RSA key of 4096 bits has some 530
_LONGEST_ID: Final = 1_023  # bytes: WebAuthn allows no more
_SEAL: Final = "passkey-challenges"


@dataclass(frozen=True, slots=True)
class Site:
    """What passkeys are made for and used at: the host of PUBLIC_URL, and exactly that origin."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What a form holds: `options`, what the browser is asked (JSON), and the challenge, `sealed`, which comes back with the answer."""

    options: str
    sealed: str


def to_use(keys: Keys, now: int, site: Site, bound: str) -> Question:
    """Any passkey of this site, so that nobody has to say who they are. `bound`: in which browser, and for what."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    challenge = secrets.token_bytes(BYTES)
    options = generate_authentication_options(
        rp_id=site.host, challenge=challenge, timeout=LIFE, user_verification=UserVerificationRequirement.REQUIRED
    )
    return Question(options_to_json(options), _sealed(keys, now, challenge, bound))


def to_add(
    keys: Keys, now: int, site: Site, bound: str, named: tuple[str, str], handle: bytes, known: Sequence[bytes]
) -> Question:
    """A new one that needs no username. `named`: username and name, which the device shows; `known`: those that are theirs already."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    challenge = secrets.token_bytes(BYTES)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="Support desk",
        user_id=handle,
        user_name=named[0],
        user_display_name=named[1],
        challenge=challenge,
        timeout=LIFE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=id) for id in known],
    )
    return Question(options_to_json(options), _sealed(keys, now, challenge + handle, bound))


def _sealed(keys: Keys, now: int, asked: bytes, bound: str) -> str:
    return keys.seal(_SEAL, now.to_bytes(8, "big") + asked, bound).hex()


def opened(keys: Keys, now: int, form: Mapping[str, str], bound: str) -> bytes | None:
    """The challenge, with whatever was asked along with it. None: not asked there, of that, or too long ago."""
    try:
        plain = keys.open(_SEAL, bytes.fromhex(form.get("challenge", "")), bound)
    except ValueError:
        return None
    if plain is None or not 0 <= now - int.from_bytes(plain[:8], "big") < LIFE:
        return None
    return plain[8:]


def once(tx: Transaction, asked: bytes) -> bool:
    """Whether this challenge is answered for the first time. Two answers at this moment: one waits for the other, and is the second."""
    f = tables.sent_forms
    row = {"digest": hashlib.sha256(b"passkey" + asked).hexdigest(), "location": "", "at": tx.now}
    new = upsert(tx, f).values(**row).on_conflict_do_nothing().returning(f.c.digest)
    return tx.connection.execute(new).first() is not None


def faults() -> tuple[type[Exception], ...]:
    """What the library raises over answers that nobody's browser gives: its own errors, and those of what it reads them with."""
    from webauthn.helpers.exceptions import WebAuthnException

    plain = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)
    return (WebAuthnException, InvalidSignature, UnsupportedAlgorithm, *plain)


def parsed(answer: str) -> AuthenticationCredential:
    from webauthn.helpers import parse_authentication_credential_json

    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long")
    return parse_authentication_credential_json(answer)


def made(site: Site, challenge: bytes, answer: str) -> dict[str, Any]:
    """What is kept of a new one. We ask for no attestation, and look at none but a device's own signature: the others bring
    certificates with them, which prove nothing here."""
    from webauthn import verify_registration_response
    from webauthn.helpers import parse_attestation_object, parse_registration_credential_json
    from webauthn.helpers.structs import AttestationFormat, CredentialDeviceType

    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long")
    parsed = parse_registration_credential_json(answer)
    attested = parse_attestation_object(parsed.response.attestation_object)
    if attested.fmt != AttestationFormat.NONE and (attested.fmt != AttestationFormat.PACKED or attested.att_stmt.x5c):
        raise ValueError("attested by somebody")
    _same_origin(parsed.response.client_data_json)
    found = verify_registration_response(
        credential=parsed,
        expected_challenge=challenge,
        expected_rp_id=site.host,
        expected_origin=site.origin,
        require_user_verification=True,
    )
    if len(found.credential_public_key) > _LONGEST_KEY or len(found.credential_id) > _LONGEST_ID:
        raise ValueError("too long")
    if found.credential_id != parsed.raw_id:
        raise ValueError("two ids")
    return {
        "credential_id": found.credential_id,
        "public_key": found.credential_public_key,
        "sign_count": found.sign_count,
        "transports": ",".join(sorted({str(one.value) for one in parsed.response.transports or ()}))[:80],
        "backup_eligible": found.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        "backed_up": found.credential_backed_up,
    }


@cache
def decoy() -> bytes:
    """A public key that nobody can sign for: its private key is kept nowhere. What names no passkey of ours is verified against it."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from webauthn.helpers import encode_cbor

    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})


@dataclass(frozen=True, slots=True, repr=False)
class Verified:
    """An answer that the key has signed. Whether it is of that key's passkey is seen after the signature (`fits`)."""

    count: int
    backed_up: bool
    handle: bytes
    backup_eligible: bool

    def fits(self, handle: bytes, *, backup_eligible: bool) -> bool:
        return hmac.compare_digest(self.handle, handle) and self.backup_eligible == backup_eligible


def verified(site: Site, challenge: bytes, answer: AuthenticationCredential, key: bytes) -> Verified:
    """The count is compared by whoever asks, after the signature: the library compares it before, and would have a stranger's answer look like
    a copy."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.structs import CredentialDeviceType

    _same_origin(answer.response.client_data_json)
    found = verify_authentication_response(
        credential=answer,
        expected_challenge=challenge,
        expected_rp_id=site.host,
        expected_origin=site.origin,
        credential_public_key=key,
        credential_current_sign_count=0,
        require_user_verification=True,
    )
    eligible = found.credential_device_type == CredentialDeviceType.MULTI_DEVICE
    return Verified(found.new_sign_count, found.credential_backed_up, answer.response.user_handle or b"", eligible)


def _same_origin(client_data: bytes) -> None:
    """Not from a frame in a page of somebody else's, which the library does not look at."""
    if json.loads(client_data).get("crossOrigin", False) is not False:
        raise ValueError("in a frame")
