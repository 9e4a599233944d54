"""The one migration history of the store."""
