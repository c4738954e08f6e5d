"""Words in and out of Slack: phrases, mrkdwn, intents. Pure."""
