"""The web door: the desk's own pages, and the one-time pages of customers. `router(door)` is all of it."""
