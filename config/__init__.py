"""Wires the apps together by name. No app imports it."""

import gc

# What a start loads stays, and Python's own threshold has it looked through for garbage again and again.
gc.set_threshold(20_000, 20, 50)

from config.celery import app as celery_app  # noqa: E402  the line above comes first

__all__ = ["celery_app"]
