"""Questions that pages, commands and the API ask about a roadmap."""
