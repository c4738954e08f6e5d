"""Mails that came in and that nobody has confirmed yet."""
