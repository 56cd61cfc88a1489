"""Staff pages across subjects."""
