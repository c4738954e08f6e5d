"""The desk's own people: how they sign in, what they may look at, what takes two of them."""
