"""The admin's corpus: files put in, moved and taken out, and ingestions started from a page."""
