"""What members asked in vain, what they reported, and the answers that the secretariat approves."""
