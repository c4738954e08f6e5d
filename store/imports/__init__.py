"""Accounts from a file: read, checked, compared, and written in one transaction."""
