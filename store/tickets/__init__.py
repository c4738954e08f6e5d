"""Tickets as customers and as agents have them: opened, listed, taken, closed, and whom an answer reaches."""
