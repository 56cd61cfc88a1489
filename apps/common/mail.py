"""The one door to the mail server."""

import smtplib
from collections.abc import Sequence

from django.core.mail import BadHeaderError, EmailMultiAlternatives

from apps.common.exceptions import OperationError

Attachment = tuple[str, bytes, str]  # the file's name, its content, its media type


class MailRefused(OperationError):
    """The mail server did not take the message, or could not be reached."""


def send_mail(*, to: str, subject: str, text: str, html: str = "", attachments: Sequence[Attachment] = ()) -> None:
    """Hand one message to the mail server, or raise MailRefused. The subject is cut to one line."""
    message = EmailMultiAlternatives(subject=" ".join(subject.split()), body=text, to=[to])
    if html:
        message.attach_alternative(html, "text/html")
    for name, content, media_type in attachments:
        message.attach(name, content, media_type)
    try:
        message.send()
    except BadHeaderError as error:
        raise MailRefused("A line break in an address or a subject; nothing was sent.") from error
    except ValueError as error:  # such as a domain whose name is too long once it is encoded
        raise MailRefused("The address cannot be written into a message; nothing was sent.") from error
    except smtplib.SMTPResponseException as error:
        raise MailRefused(f"The mail server refused the message with code {error.smtp_code}.") from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailRefused(f"The mail server cannot be reached or refused: {type(error).__name__}.") from error
