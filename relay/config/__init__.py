"""Configuration: TOML and environment, checked as a whole; every fault is named with its key."""
