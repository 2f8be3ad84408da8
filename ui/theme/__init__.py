"""The association's colour and logo."""
