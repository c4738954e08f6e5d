"""The phone: Twilio's webhooks. `router` is the whole of it."""
