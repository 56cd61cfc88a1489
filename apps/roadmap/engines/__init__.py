"""Reads a Markdown roadmap into entries and writes changed values back. Plain Python, no models."""
