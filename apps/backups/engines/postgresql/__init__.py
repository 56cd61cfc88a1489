"""Dumping, fingerprinting and restoring PostgreSQL."""
