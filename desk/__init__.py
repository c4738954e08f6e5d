"""What people do at the desk, once for every channel: no SQL, no words, and nothing of Slack, Twilio or the web."""
