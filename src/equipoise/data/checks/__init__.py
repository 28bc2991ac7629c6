"""Checks of the data against the protocol, the standard, and themselves; each collects all of its problems."""
