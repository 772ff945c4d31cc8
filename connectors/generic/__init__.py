"""Connectors for senders without one of their own: expressions instead of code."""
