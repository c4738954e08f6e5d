"""What Slack asks of any app: signed requests, payloads, the Web API, OAuth, Socket Mode, and what the channel holds on to."""
