"""Questions from programs: the REST interface and what it shares with the OpenAI-compatible one."""
