"""Telling alerts: signed webhooks, chats that take what Slack takes, and whatever apprise knows."""
