"""The documents' own pages: browse and search, one document, its summary, two documents compared."""
