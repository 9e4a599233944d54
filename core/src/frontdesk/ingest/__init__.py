"""From the platform to the store: reading, mapping, and committing page by page."""
