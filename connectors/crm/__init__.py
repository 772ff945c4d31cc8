"""Connectors for customer relationship systems."""
