"""Programs that help one of the staff with one case of theirs: which are good now, and what they have drafted."""
