"""What is told: answers read anew, and what the worker posts and changes."""
