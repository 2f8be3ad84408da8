"""Use and health for the admin: figures, `/metrics`, the log, and the removal of what is too old."""
