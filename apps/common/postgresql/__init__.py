"""PostgreSQL's programs and small servers of our own. Knows no models and needs no settings."""
