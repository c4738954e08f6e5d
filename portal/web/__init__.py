"""What the pages of the desk and those of customers share: a request read, a page answered."""
