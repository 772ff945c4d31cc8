"""A webhook relay: bookings, purchases and CRM events become contacts enrolled in feedback sequences."""

__version__ = "0.1.0"
