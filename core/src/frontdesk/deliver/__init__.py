"""Deliver: from the log to the destinations."""
