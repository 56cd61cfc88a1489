"""The roadmap in the API."""
