"""What takes two persons: one asks, another grants, and what was granted is carried out once."""
