"""Telephone calls: the state of one, those with the desk and on its phones, and calls of ours."""
