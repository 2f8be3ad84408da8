"""What members say of an answer, and the questions they send to the secretariat."""
