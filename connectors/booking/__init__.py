"""Booking and appointment tools."""
