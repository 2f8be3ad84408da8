"""The embedder that comes with Greffier, in `model/`: all-MiniLM-L6-v2 with French words, tuned on open French texts.

Nothing but a folder of files; `models/catalogue.toml` says what they are, docs/decisions.md how they were made.
"""
