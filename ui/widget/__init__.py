"""A small page that other sites show in a frame."""
