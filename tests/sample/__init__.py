"""The sample corpus: documents of an invented glaziers' federation, written for this project.

Knows how to make the PDFs in `corpus/` from the texts beside it; knows nothing of ingest, rag, ui or models.
"""
