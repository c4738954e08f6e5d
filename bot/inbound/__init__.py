"""What comes in: one file for each kind of request, and which request goes where."""
