"""What the tests about people share."""

from tests.accounts.mail_server import mail  # noqa: F401  a fixture
