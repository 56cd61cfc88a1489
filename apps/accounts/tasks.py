"""What the worker does for people."""

from celery import shared_task

from apps.accounts import services


@shared_task
def mail_notices() -> None:
    """Beat's tick: mail what is due. Safe to deliver twice: a notice that was mailed is not due."""
    services.mail_notices()
