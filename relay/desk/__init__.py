"""The operator's desk: everything a person can look at or do, as operations.

The API, the console and the command line are three ways to the same ones.
"""
