"""The OpenAI-compatible interface: `/v1/models` and `/v1/chat/completions`."""
