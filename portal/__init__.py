"""The portal: the desk's own pages, and the one-time pages of customers. `router(context)` is all of it."""
