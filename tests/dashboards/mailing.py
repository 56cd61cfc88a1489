"""Messages as a mail program reads them."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from tests.accounts.mail_server import MailServer


def messages_of(server: MailServer) -> list[EmailMessage]:
    """What the server took, in the order of their recipients."""
    taken = sorted(server.taken, key=lambda envelope: envelope.rcpt_tos)
    return [message_from_bytes(envelope.content, policy=default) for envelope in taken]
