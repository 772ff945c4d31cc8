"""What a connector must keep, checked from its recorded cases; a user's connectors pass the same checks."""
