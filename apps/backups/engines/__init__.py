"""The tools behind a backup and a drill. Plain Python: no models, no settings."""
