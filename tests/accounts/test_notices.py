"""Telling people: a notice for each, mailed once by a real mail server where one is set up."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from threading import Barrier, Thread

import pytest
from django.db import connection

from apps.accounts.models import Notice, User
from apps.accounts.services import mail_notices, notify, read_notices
from apps.accounts.tasks import mail_notices as mail_notices_task
from apps.common.clock import now


def tell(*people, key="drill", **fields):
    values = {"subject": "The drill failed", "text": "Two tables differ.", "path": "/admin/backups/drillrun/7/change/"}
    return notify(recipients=people, key=key, **(values | fields))


def test_each_person_is_told_once_of_one_thing(olga, sam):
    assert tell(olga, sam, olga) == 2
    assert tell(olga, sam) == 0
    assert tell(olga, key="another") == 1
    assert Notice.objects.count() == 3


def test_who_is_inactive_is_told_nothing(olga):
    User.objects.update(is_active=False)
    olga.refresh_from_db()
    assert tell(olga) == 0
    assert not Notice.objects.exists()


def test_a_notice_is_mailed_once_with_its_address(mail, olga):
    tell(olga)
    assert [mail_notices(), mail_notices()] == [1, 0]

    (envelope,) = mail.taken
    message = message_from_bytes(envelope.content, policy=default)
    assert envelope.rcpt_tos == ["olga@example.org"]
    assert (message["Subject"], message["From"]) == ("The drill failed", "Seaworthy <seaworthy@localhost>")
    link = "https://seaworthy.example.org/admin/backups/drillrun/7/change/"
    assert message.get_content().split() == ["Two", "tables", "differ.", link]
    assert Notice.objects.get().mailed_at is not None


def test_a_line_break_in_a_subject_adds_no_header(mail, olga):
    tell(olga, subject="Failed\r\nBcc: eve@example.org")
    mail_notices()

    message = message_from_bytes(mail.taken[0].content, policy=default)
    assert (message["Subject"], message["Bcc"]) == ("Failed Bcc: eve@example.org", None)
    assert mail.taken[0].rcpt_tos == ["olga@example.org"]


def test_a_refusal_is_kept_and_tried_again_later_each_time(mail, olga):
    at = now()
    tell(olga, at=at)
    mail.answer = "451 busy, password hunter2"
    assert mail_notices(at=at) == 0
    notice = Notice.objects.get()
    assert (notice.mail_error, notice.mail_attempts) == ("The mail server refused the message with code 451.", 1)
    assert notice.mail_due_at == at + timedelta(minutes=2)
    assert mail_notices(at=at + timedelta(minutes=1, seconds=59)) == 0
    assert Notice.objects.get().mail_attempts == 1

    mail_notices(at=at + timedelta(minutes=2))
    assert Notice.objects.get().mail_due_at == at + timedelta(minutes=2 + 4)
    mail.answer = ""
    assert mail_notices(at=at + timedelta(minutes=6)) == 1
    assert (Notice.objects.get().mail_error, len(mail.taken)) == ("", 1)


def test_after_a_day_and_a_half_it_stays_in_the_admin(mail, olga):
    at = now()
    tell(olga, at=at)
    mail.answer = "550 no"
    for _ in range(12):
        at += timedelta(hours=20)
        mail_notices(at=at)
    notice = Notice.objects.get()
    assert (notice.mail_attempts, notice.mail_due_at, notice.mailed_at) == (10, None, None)


def test_a_server_that_is_not_there_is_a_refusal(mail, settings, olga):
    tell(olga)
    settings.EMAIL_PORT = 1
    assert mail_notices() == 0
    assert "cannot be reached" in Notice.objects.get().mail_error


def test_one_refused_address_keeps_no_other_from_being_mailed(mail, olga, sam):
    tell(olga)
    mail.answer = "550 no"
    mail_notices()
    mail.answer = ""
    tell(sam)
    assert mail_notices() == 1
    assert mail.taken[0].rcpt_tos == ["sam@example.org"]


def test_an_address_that_fits_no_message_keeps_no_other_from_being_mailed(mail, olga, sam):
    sam.email = f"sam@{'ü' * 60}.org"
    sam.full_clean()
    sam.save()
    tell(sam)
    tell(olga)
    assert mail_notices() == 1
    assert Notice.objects.get(recipient=sam).mail_error.startswith("The address cannot be written")


def test_without_a_mail_server_notices_stay_in_the_admin(mail, settings, olga):
    settings.MAIL_IS_SENT = False
    tell(olga)
    mail_notices_task()
    assert mail.taken == []
    assert (Notice.objects.get().mail_attempts, olga.notices.unread().count()) == (0, 1)


def test_what_a_person_saw_is_read_and_nothing_else(olga, sam):
    tell(olga, sam)
    seen = olga.notices.get().pk
    tell(olga, key="later")
    assert [read_notices(recipient=olga, up_to=seen, at=now()), read_notices(recipient=olga, up_to=seen, at=now())] == [
        1,
        0,
    ]
    assert (olga.notices.unread().count(), sam.notices.unread().count()) == (1, 1)
    assert not olga.notices.get(pk=seen).read(at=now())


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_mail_each_notice_once(mail):
    people = [User.objects.create_user(f"p{number}@example.org", is_staff=True) for number in range(8)]
    tell(*people)
    start, mailed = Barrier(2), []

    def work():
        start.wait()
        mailed.append(mail_notices())
        connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(mailed) == len(mail.taken) == 8
    assert len({envelope.rcpt_tos[0] for envelope in mail.taken}) == 8
