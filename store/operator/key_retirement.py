"""Retiring a key of the ledger: what it made is vouched for by the key after it, so that it is needed and trusted no more.

Decision 0010. The whole ledger is checked with the old keys once more; what they made is digested without a key, and the
digests go into a checkpoint of the newest key.
"""

from __future__ import annotations

from store import OPERATOR, Store
from store.ledger import verify
from store.ledger.checkpoints import Seal, StillInUseError


class CannotRetireError(RuntimeError):
    """Says why, and what to do."""


def retire(store: Store) -> list[str]:
    """Retires every ledger key of SECRET_KEYS but the newest; their ids. Raises `CannotRetireError`."""
    known, gone = store.keys.for_use("ledger"), store.retired_keys()
    why = store.why_not_write()
    if why is not None:
        raise CannotRetireError(why)
    ids = [key.id for key in dict.fromkeys(known[1:]) if key.id not in gone and key.id != known[0].id]
    if not ids:
        return []
    reading = verify.read(store, retiring=ids)
    if reading.broken is not None:
        raise CannotRetireError(f"the ledger is broken, and its keys are what shows it: {reading.broken}")
    segments = [(segment, n, digest) for segment, (n, digest) in sorted(reading.segment_digests.items())]
    try:
        store.retire(Seal(ids, segments, (reading.checkpoint or 0, reading.checkpoints_digest)))
    except StillInUseError as why:
        raise CannotRetireError(str(why)) from why
    with store.transaction("shell") as tx:
        tx.record(OPERATOR, None, "ledger.key", "retired", fields=[f"key:{id}" for id in ids])
    return ids
