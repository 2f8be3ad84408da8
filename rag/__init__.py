"""Questions to checked, cited answers. Knows nothing of PDFs, of the web, or of where weights come from."""
