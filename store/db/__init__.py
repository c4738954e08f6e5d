"""The database itself: the engine, one transaction with its grants, the ledger it writes, statements made once, keys."""
