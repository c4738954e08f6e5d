"""The ledger read and vouched for: checkpoints, the whole chain verified, keys that are good no more. It is written in db."""
