"""Keys by which other systems ask at /api, and answers kept for what they send twice."""
