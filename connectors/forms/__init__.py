"""Connectors for form builders."""
