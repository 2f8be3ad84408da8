"""Model weights, what fits on this machine, and the adapters that run them. Knows nothing of documents."""
