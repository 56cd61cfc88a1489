"""Reading reports and statements: bytes in, facts out."""
