"""Backups that other tools make: looked for, recorded and drilled, never replaced, never removed."""
