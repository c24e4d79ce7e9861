"""The audit trail: what it holds, what it never holds, how it ends; to look and to unlock."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from tests.attempts.conftest import LIMITS, name_of
from tests.attempts.test_stores import fail, place
from tests.attempts.ways import basic, post

from pickguard.attempts import audit, expiry, stores
from pickguard.attempts.config import NAME
from pickguard.attempts.ledger import Outcome
from pickguard.attempts.models import Attempt, Budget
from pickguard.attempts.signals import attempt_refused, attempts_unlocked
from pickguard.attempts.who import Who

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]
login = post("/login/")


def command(*words):
    said = StringIO()
    call_command("attempts", *words, stdout=said)
    return said.getvalue()


def lock(name="ann", **more):
    for _ in range(6):
        answer = login(Client(**more), "wrong", name)
    assert answer.status_code == 429


def test_attempts_alike_within_a_minute_are_one_row():
    lock(REMOTE_ADDR="192.0.2.7")
    rows = Attempt.objects.filter(outcome="wrong")
    assert sum(rows.values_list("times", flat=True)) == 5
    assert rows.count() <= 2
    row = rows[0]
    assert (row.address, row.path) == ("192.0.2.0/24", "/login/")
    assert Attempt.objects.get(outcome="refused").times == 1


def test_a_login_on_a_new_device_is_kept_and_one_on_a_known_device_is_not():
    client = Client()
    for _ in range(3):
        login(client, "right")
    assert [row.times for row in Attempt.objects.filter(outcome="right")] == [1]


def test_logins_of_a_program_share_one_row_an_hour(monkeypatch):
    """It logs in with each request; minute by minute it would push the attacks out of the trail."""
    started = timezone.now().replace(minute=1)
    for minute in range(5):
        now = started + timedelta(minutes=10 * minute)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        basic(Client(), "right")
    assert [row.times for row in Attempt.objects.all()] == [5]


def test_a_header_hides_no_login():
    """Whoever stole a password could send one with the form."""
    login(Client(), "right", headers={"authorization": "Basic YW5uOnJpZ2h0"})
    assert Attempt.objects.filter(outcome="right", path="/login/").exists()


def test_neither_the_name_nor_the_password_is_kept_anywhere(tmp_path):
    """Not in the trail, and not in the counts."""
    login(Client(), "s3cr3t-word", name="somebody-to-find")
    login(Client(), "s3cr3t-word", name="ann")
    rows = " ".join(str(row) for row in Attempt.objects.values_list())
    counts = b"".join(path.read_bytes() for path in tmp_path.glob("db*"))
    for text in ("s3cr3t-word", "somebody-to-find"):
        assert text not in rows
        assert text.encode() not in counts


@pytest.mark.parametrize("path", ["/login/?next=/" + "x" * 5000, "/login/%00/", "/login/%ff%fe/"])
def test_odd_paths_do_no_harm(path):
    audit.write(
        {"at": timezone.now(), "outcome": "wrong", "account": "a", "identities": "b",
         "address": "", "address_key": "", "path": audit._printable(path)[:200]}
    )  # fmt: skip
    assert Attempt.objects.count() == 1


def test_old_rows_and_rows_over_the_number_go(settings):
    setattr(settings, NAME, {"limits": LIMITS, "audit": "1d", "audit_rows": 3})
    for days in (5, 2, 0, 0, 0, 0, 0):
        Attempt.objects.create(at=timezone.now() - timedelta(days=days), outcome="wrong")
    expiry.purge()
    assert Attempt.objects.count() == 3
    assert not Attempt.objects.filter(at__lt=timezone.now() - timedelta(days=1)).exists()


def test_the_trail_can_be_off(settings):
    setattr(settings, NAME, {"limits": LIMITS, "audit": None})
    lock()
    assert not Attempt.objects.exists()


def test_a_trail_that_cannot_be_written_is_logged_and_nobody_is_harmed(caplog):
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP TABLE pickguard_attempts_attempt")
    assert login(Client(), "right").status_code == 302
    assert "missing from the audit trail" in caplog.text


def test_counts_are_deleted_where_there_is_no_trail(settings, monkeypatch):
    setattr(settings, NAME, {"limits": {"account": "5/s"}, "audit": None})
    monkeypatch.setattr(expiry, "_last", [-1e9])
    store: Any = stores.store()
    store.take("-.1", [place(limit=1, window=1)])
    now = store.now()
    monkeypatch.setattr(store, "now", lambda: now + 300)
    login(Client(), "right")
    assert store.purge(10) == 0


def test_a_trail_of_any_length_shrinks_to_its_number(settings):
    """A crowd writes more in a minute than one step deletes."""
    setattr(settings, NAME, {"limits": LIMITS, "audit_rows": 10})
    Attempt.objects.bulk_create(
        Attempt(at=timezone.now(), outcome="wrong", account=str(n)) for n in range(1200)
    )
    expiry.purge()
    assert Attempt.objects.count() == 10


def test_many_accounts_of_one_address_fit_into_a_row():
    """As many as an e-mail address leads to; PostgreSQL takes no text that is too long."""
    who = Who("a" * 32, tuple(f"{n:032}" for n in range(9)), ("",) * 9, True, None, None)
    audit.note(None, who, "wrong")
    assert len(Attempt.objects.get().identities) <= 200


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.django_db(databases=list(configured.DATABASES))
def test_who_is_refused_writes_no_rows(kind, request, settings, tmp_path):
    """Else a crowd that its address refuses would fill the table with names."""
    setattr(settings, NAME, {"store": name_of(kind, request, settings, tmp_path)})
    address = place(limit=1, name="address", account="")
    fail(stores.store(), [address])
    before = Budget.objects.using(kind).count()
    for _ in range(5):
        assert fail(stores.store(), [address, place()]) is Outcome.REFUSED
    assert Budget.objects.using(kind).count() == before


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
@pytest.mark.django_db(databases=list(configured.DATABASES))
def test_counts_that_count_no_more_are_deleted(kind, request, settings, tmp_path):
    setattr(settings, NAME, {"store": name_of(kind, request, settings, tmp_path)})
    store: Any = stores.store()
    old, young = place(limit=1, window=1), place(limit=1, window=600)
    fail(store, [old]), fail(store, [young])
    now = store.now()
    store.now = lambda: now + 300
    store.purge(10)
    del store.now
    with store.locked([young]) as books:
        assert len(books.entries[young.key]) == 1


def test_the_command_lists_by_name_and_unlocks():
    lock()
    lock(name="bob")
    assert len(command().splitlines()) > len(command("--account", "ann").splitlines()) > 2
    assert "ann" not in command()
    assert command("--account", "nobody") == "No attempts.\n"
    command("--unlock", "ANN")
    assert login(Client(), "right").status_code == 302
    assert login(Client(), "wrong", "bob").status_code == 429


def test_the_command_unlocks_an_account_that_is_locked_on_its_device():
    client = Client()
    login(client, "right")
    for _ in range(6):
        answer = login(client, "wrong")
    assert answer.status_code == 429
    command("--unlock", "ann")
    assert login(client, "right").status_code == 302


def test_the_command_unlocks_an_address(settings):
    setattr(settings, NAME, {"limits": {"address": "5/15m"}})
    lock(REMOTE_ADDR="2001:db8::1")
    assert "2001:db8::/64" in command("--unlock-address", "2001:db8::7")
    assert login(Client(REMOTE_ADDR="2001:db8::1"), "right").status_code == 302


@pytest.mark.parametrize(
    "words", [("--unlock-address", "junk"), ("--limit", "0"), ("--limit", "x")]
)
def test_the_command_says_what_is_wrong(words):
    with pytest.raises(CommandError, match=r"no address|no number"):
        command(*words)


def test_signals_tell_of_refusals_and_unlockings():
    told = []

    def hear(**arguments):
        told.append(arguments)

    attempt_refused.connect(hear)
    attempts_unlocked.connect(hear)
    try:
        lock(REMOTE_ADDR="192.0.2.7")
        command("--unlock", "ann")
    finally:
        attempt_refused.disconnect(hear)
        attempts_unlocked.disconnect(hear)
    refused, unlocked = told
    assert refused["address"] == "192.0.2.0/24"
    assert refused["limit"] in {"account", "account+address"}
    assert refused["account"] in unlocked["accounts"]


def test_a_receiver_that_fails_changes_no_answer():
    def fail(**_):
        raise RuntimeError

    attempt_refused.connect(fail)
    try:
        lock()
    finally:
        attempt_refused.disconnect(fail)


@pytest.fixture
def staff():
    """Somebody with permissions of the admin, logged in."""

    def make(*names):
        user = User.objects.create_user("staff", password="staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = Client(REMOTE_ADDR="198.51.100.1")
        client.force_login(user)
        return client

    return make


ADMIN = "/admin/pickguard_attempts/attempt/"


def test_the_admin_shows_attempts_and_finds_them_by_name(staff):
    lock(), lock(name="bob")
    client = staff("view_attempt")
    assert client.get(ADMIN).context["cl"].result_count == Attempt.objects.count()
    of_ann = Attempt.objects.filter(account=Attempt.objects.earliest("pk").account).count()
    for query in ("ANN", " ann ", "ann@example.com"):
        assert client.get(ADMIN, {"q": query}).context["cl"].result_count == of_ann
    assert client.get(ADMIN, {"q": "127.0.0"}).context["cl"].result_count == Attempt.objects.count()


def test_the_admin_unlocks_who_may(staff):
    lock()
    row = Attempt.objects.filter(outcome="refused").get()
    action = {"action": "unlock_accounts", "_selected_action": [row.pk]}
    staff("view_attempt").post(ADMIN, action)
    assert login(Client(), "right").status_code == 429
    User.objects.get(username="staff").delete()
    answer = staff("view_attempt", "unlock_attempt").post(ADMIN, action, follow=True)
    assert "1 account unlocked." in answer.content.decode()
    assert login(Client(), "right").status_code == 302


def test_the_admin_unlocks_addresses(staff, settings):
    setattr(settings, NAME, {"limits": {"address": "5/15m"}})
    lock()
    row = Attempt.objects.filter(outcome="refused").get()
    client = staff("view_attempt", "unlock_attempt")
    client.post(ADMIN, {"action": "unlock_addresses", "_selected_action": [row.pk]})
    assert login(Client(), "right").status_code == 302


@pytest.mark.parametrize("path", ["add/", "1/delete/"])
def test_nobody_adds_or_deletes_by_hand(staff, path):
    lock()
    client = staff("view_attempt", "unlock_attempt")
    assert client.get(ADMIN + path).status_code in {302, 403}
