"""Background jobs: queued in the transaction of their cause, and the wakeup of the worker."""
