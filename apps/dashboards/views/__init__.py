"""Staff pages across subjects: they parse, call and render."""
