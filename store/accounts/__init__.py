"""Accounts and the people on them: who they are, what they hold, what they lend, who is told of what."""
