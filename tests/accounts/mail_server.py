"""A real mail server in this process, which takes or refuses what it is given."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session


class MailServer(Controller):
    """Keeps what it takes. With `answer` set it refuses with that."""

    def __init__(self) -> None:
        super().__init__(self, hostname="127.0.0.1", port=0)
        self.taken: list[Envelope] = []
        self.answer = ""

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:
        if self.answer:
            return self.answer
        self.taken.append(envelope)
        return "250 taken"

    def _trigger_server(self) -> None:
        """The stock probe connects to the port that was asked for, which is 0 here."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    """The server, running, and named in the settings."""
    server = MailServer()
    server.start()
    settings.MAIL_IS_SENT = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.SITE_URL = "https://seaworthy.example.org"
    yield server
    server.stop()
