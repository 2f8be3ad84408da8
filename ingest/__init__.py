"""PDF files to a published store generation. Knows nothing of questions or of language models."""
