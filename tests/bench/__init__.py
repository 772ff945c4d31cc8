"""Measurements, not tests: `make bench` prints what intake costs on this machine."""
