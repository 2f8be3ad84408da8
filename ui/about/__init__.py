"""What everybody may know of this assistant, and what a member may know and delete of their own."""
