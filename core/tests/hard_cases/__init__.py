"""Five vendors' hardest samples, mapped with nothing but the hook shapes."""
