"""The ledger read and vouched for: checkpoints, the whole chain verified, keys that are no longer valid. It is written in db."""
