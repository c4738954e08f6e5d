"""Twilio's part and Slack's, played on loopback: the exchange, its phones, scripts for them, and places to hold one."""
