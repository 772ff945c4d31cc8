"""Turns a stored request into a recorded case without the people and secrets that were in it."""
