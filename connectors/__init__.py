"""Connectors: one file for each provider, grouped by kind of tool."""
