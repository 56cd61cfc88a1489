"""Wires the apps together by name. No app imports it."""

import gc

# What a start loads stays. With Python's own threshold, a tenth of each start goes into looking through it for garbage.
gc.set_threshold(20_000, 20, 50)

from config.celery import app as celery_app  # noqa: E402  the line above comes first

__all__ = ["celery_app"]
