"""The page on which an admin makes and changes accounts."""
