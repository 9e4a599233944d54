"""Klaviyo as a destination of frontdesk."""
