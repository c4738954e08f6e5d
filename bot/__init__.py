"""Slack: what comes in is checked and written down in one short transaction; what goes out is posted by the worker."""
