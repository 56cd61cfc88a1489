"""What lies across subjects, in the API."""
