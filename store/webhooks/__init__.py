"""Who outside is told of what happens here, and what became of it."""
