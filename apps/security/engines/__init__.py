"""Tools of the app, without models."""
