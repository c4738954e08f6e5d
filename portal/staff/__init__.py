"""The desk's own pages, below /desk."""
