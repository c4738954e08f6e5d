"""What the desk did, in numbers that name no customer."""
