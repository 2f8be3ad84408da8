"""What members and the admin see in a browser. Knows nothing of how an answer is found."""
