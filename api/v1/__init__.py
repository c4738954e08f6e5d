"""REST, version 1 (docs/api.md)."""
