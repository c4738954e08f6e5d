"""The phone door: Twilio's webhooks. `router` is the whole of it."""
