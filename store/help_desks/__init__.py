"""Which of our tickets is which of the help desk's, what has gone over both ways, and how far we have read there."""
