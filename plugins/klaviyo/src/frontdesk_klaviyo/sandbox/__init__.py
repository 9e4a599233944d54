"""An emulator of Klaviyo's API."""
