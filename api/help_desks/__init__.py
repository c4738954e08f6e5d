"""Help desks that the desk's people work at: tickets go there and come back from there."""
