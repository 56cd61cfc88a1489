"""Verifiers, observations, and how they are judged."""
