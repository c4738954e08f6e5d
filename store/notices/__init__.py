"""Notices by mail to those whom a scheme names: who they are, what became of each, which addresses refuse mail."""
