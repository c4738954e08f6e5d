"""Codes and links that are good once, and those that were said where others heard them."""
