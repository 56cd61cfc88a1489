"""Seaworthy's own health, and monitors of services."""
