"""Staff users, their roles and tokens."""
