"""What is said on a ticket, by whoever says it: written in order, edited, shown, with its files and recordings."""
