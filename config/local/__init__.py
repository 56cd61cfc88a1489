"""Runs Seaworthy on one machine: PostgreSQL, web, worker and beat, started and stopped together."""
