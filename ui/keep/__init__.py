"""Backups of what cannot be made again, and their return: `python -m ui backup`, `restore` and `migrate`."""
