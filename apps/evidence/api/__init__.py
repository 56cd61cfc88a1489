"""Evidence in the API: what was seen, and what is brought."""
