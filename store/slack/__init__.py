"""Slack: where the app is installed, which thread a ticket lives in, which answers quote somebody."""
