"""Conversations kept on the server: stored, found again, exported."""
