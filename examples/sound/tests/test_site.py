"""What members do with the site, from the first visit on."""

import gzip
import hashlib
import io
import tarfile
import tempfile

from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import TestCase, override_settings
from django.urls import reverse

from accounts.models import Guest, Profile
from notes.lookups import Label
from notes.models import Comment, Note

PASSWORD = "correct horse battery staple"


class SiteTestCase(TestCase):
    """Two members; one of them is here."""

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))
        cache.clear()
        self.ada = User.objects.create_user("ada", "ada@example.org", PASSWORD)
        self.alan = User.objects.create_user("alan", "alan@example.org", PASSWORD)
        for user in (self.ada, self.alan):
            Profile.objects.create(user=user)
        self.note = Note.objects.create(
            owner=self.ada, title="Notes on the engine", body="It *weaves*.", is_public=True
        )

    def come_in(self, name="ada"):
        data = {"username": name, "password": PASSWORD}
        return self.client.post(reverse("accounts:login"), data)


class AccountTests(SiteTestCase):
    def test_a_member_signs_up_and_comes_in(self):
        data = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}
        self.client.post(reverse("accounts:signup"), data)
        self.assertRedirects(self.come_in("grace"), "/")
        self.assertContains(self.client.get(reverse("notes:index")), "grace")

    def test_a_wrong_password_stays_outside(self):
        data = {"username": "ada", "password": "wrong"}
        page = self.client.post(reverse("accounts:login"), data)
        self.assertContains(page, "Wrong name or password")

    def test_a_member_leaves(self):
        self.come_in()
        self.client.post(reverse("accounts:logout"))
        self.assertContains(self.client.get(reverse("notes:index")), "Come in")

    def test_a_member_changes_their_page(self):
        self.come_in()
        data = {"phone": "1815", "about": "I write programs", "credits": 10, "website": ""}
        self.client.post(reverse("accounts:profile"), data)
        self.assertEqual(Profile.objects.get(user=self.ada).phone, "1815")

    def test_a_member_changes_their_phone(self):
        self.come_in()
        self.client.post(reverse("accounts:quick-edit"), {"phone": "1912"})
        self.assertEqual(Profile.objects.get(user=self.ada).phone, "1912")

    def test_members_and_guests_are_taken_over(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as source:
            source.write("member,grace,one two three\nguest,charles,four five six\n")
            source.flush()
            call_command("take_over", source.name)
        self.assertTrue(User.objects.get(username="grace").check_password("one two three"))
        self.assertTrue(Guest.objects.filter(username="charles").exists())

    def test_a_guest_looks_in(self):
        guest = Guest(username="charles", password="four five six")
        if hasattr(guest, "set_password"):
            guest.set_password("four five six")
        guest.save()
        data = {"username": "charles", "password": "four five six"}
        self.assertRedirects(self.client.post(reverse("accounts:guest"), data), "/")

    def test_a_draft_is_gone_on_with(self):
        self.assertEqual(self.client.get(reverse("accounts:resume")).content, b"")

    def test_a_member_gives_credits(self):
        self.come_in()
        self.client.post(reverse("accounts:transfer"), {"receiver": "alan", "amount": 3})
        credits = Profile.objects.order_by("user__username").values_list("credits", flat=True)
        self.assertEqual(list(credits), [7, 13])

    def test_a_forgotten_password_is_mailed_about(self):
        self.client.post(reverse("accounts:forgot"), {"email": "ada@example.org"})
        self.assertEqual(mail.outbox[0].to, ["ada@example.org"])
        self.assertIn("/accounts/reset/", mail.outbox[0].body)


class NoteTests(SiteTestCase):
    def test_public_notes_are_listed(self):
        self.assertContains(self.client.get(reverse("notes:index")), "Notes on the engine")

    def test_a_note_is_found(self):
        page = self.client.get(reverse("notes:search"), {"q": "engine"})
        self.assertContains(page, "You searched for engine")
        self.assertContains(page, f'href="{self.note.get_absolute_url()}"')

    def test_notes_are_embedded_elsewhere(self):
        headers = {"referer": "https://noticeboard.example.org/"}
        page = self.client.get(reverse("notes:embedded"), headers=headers)
        self.assertContains(page, "Notes on the engine")

    def test_notes_are_found_by_tag(self):
        Note.objects.filter(pk=self.note.pk).update(body="On #engines")
        answer = self.client.get(reverse("notes:tagged", args=["engines"]))
        self.assertEqual(answer.json(), {"notes": ["Notes on the engine"]})

    def test_a_file_is_summed_up(self):
        self.come_in()
        sent = SimpleUploadedFile("engine.txt", b"12")
        answer = self.client.post(reverse("notes:checksum"), {"file": sent})
        self.assertEqual(answer.content.decode(), hashlib.sha256(b"12").hexdigest())

    def test_what_is_packed_is_weighed(self):
        self.come_in()
        sent = gzip.compress(b"engine")
        answer = self.client.post(reverse("notes:weigh"), sent, content_type="application/gzip")
        self.assertEqual(answer.content, b"6")

    def test_a_page_is_as_long_as_asked_for(self):
        answer = self.client.get(reverse("notes:pages"), {"size": 1})
        self.assertEqual(answer.json(), {"notes": ["Notes on the engine"]})

    def test_the_notes_of_one_member_are_listed(self):
        self.come_in()
        page = self.client.get(reverse("notes:of", args=[self.ada.pk]))
        self.assertContains(page, "Notes on the engine")

    def test_a_member_finds_their_own_notes_on_the_desk(self):
        self.come_in()
        for name in ("notes:desk", "notes:overview"):
            self.assertContains(self.client.get(reverse(name)), "Notes on the engine")
        self.assertNotContains(self.client.get(reverse("notes:drafts")), "Notes on the engine")
        self.assertEqual(self.client.get(reverse("notes:tally")).json(), {"notes": 1})

    def test_a_note_is_published(self):
        self.come_in()
        self.client.post(reverse("notes:publish", args=[self.note.pk]))
        self.note.refresh_from_db()
        self.assertTrue(self.note.is_public)

    def test_a_label_stands_before_a_title(self):
        labelled = Note.objects.annotate(label=Label("Note: ", "title"))
        self.assertEqual(labelled.get(pk=self.note.pk).label, "Note: Notes on the engine")

    def test_thanks_are_given_once(self):
        self.client.force_login(self.ada)
        for _ in range(2):
            self.client.post(reverse("notes:thank", args=[self.note.pk]))
        self.assertEqual(self.note.comments.filter(text="Thank you!").count(), 1)

    def test_titles_do_not_shout(self):
        self.client.force_login(self.ada)
        self.client.post(reverse("notes:new"), {"title": "NOW", "body": "", "is_public": "on"})
        self.assertFalse(Note.objects.filter(title="NOW").exists())

    def test_a_note_is_jotted_down(self):
        self.come_in()
        self.client.post(reverse("notes:jot"), {"title": "Milk", "owner": self.ada.pk})
        self.assertEqual(Note.objects.get(title="Milk").owner, self.ada)

    def test_the_board_is_asked(self):
        self.client.post(reverse("notes:contact"), {"from": "charles@example.org", "text": "When?"})
        self.assertEqual(mail.outbox[0].body, "When?")

    def test_notes_are_measured(self):
        answer = self.client.get(reverse("notes:measured"), {"by": "LENGTH"})
        self.assertEqual(answer.json()["notes"][0]["measure"], len(self.note.body))

    def test_an_outline_is_read(self):
        self.come_in()
        answer = self.client.post(
            reverse("notes:outline"), b'<opml><outline text="One"/></opml>', content_type="text/xml"
        )
        self.assertEqual(answer.json(), {"titles": ["One"]})

    def test_notes_are_reported_on(self):
        self.come_in()
        self.assertEqual(list(self.client.get(reverse("notes:report")).json()["report"].values()), [1])

    def test_a_note_is_written(self):
        self.come_in()
        data = {"title": "Bernoulli numbers", "body": "B7", "is_public": "on"}
        page = self.client.post(reverse("notes:new"), data, follow=True)
        self.assertContains(page, "Bernoulli numbers")
        self.assertEqual(Note.objects.get(title="Bernoulli numbers").owner, self.ada)

    def test_a_note_is_shown_as_markdown(self):
        self.come_in("alan")
        self.assertContains(self.client.get(self.note.get_absolute_url()), "<em>weaves</em>")

    def test_a_note_is_deleted(self):
        self.come_in()
        self.client.post(reverse("notes:delete", args=[self.note.pk]))
        self.assertFalse(Note.objects.exists())

    def test_a_comment_is_kept_and_mailed(self):
        self.come_in("alan")
        address = reverse("notes:comment", args=[self.note.pk])
        page = self.client.post(address, {"text": "Splendid"}, follow=True)
        self.assertContains(page, "Splendid")
        self.assertEqual(Comment.objects.get().author, self.alan)
        self.assertEqual(mail.outbox[0].to, ["ada@example.org"])

    def test_a_comment_is_changed(self):
        self.come_in("alan")
        said = Comment.objects.create(note=self.note, author=self.alan, text="Good")
        data = {"text": "Splendid", "note": self.note.pk, "author": self.alan.pk}
        self.client.post(reverse("notes:edit-comment", args=[said.pk]), data)
        said.refresh_from_db()
        self.assertEqual(said.text, "Splendid")

    def test_a_file_goes_up_and_comes_down(self):
        self.come_in()
        upload = SimpleUploadedFile("table.txt", b"1 2 3")
        self.client.post(reverse("notes:upload", args=[self.note.pk]), {"file": upload})
        name = self.note.attachments.get().name
        down = self.client.get(reverse("notes:download", args=[self.note.pk]), {"name": name})
        self.assertEqual(b"".join(down.streaming_content), b"1 2 3")
        packed = self.client.get(reverse("notes:export", args=[self.note.pk])).content
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            self.assertTrue(any(member.endswith("table.txt") for member in archive.getnames()))

    def test_an_archive_is_unpacked(self):
        self.come_in()
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            member = tarfile.TarInfo("inside.txt")
            member.size = 2
            archive.addfile(member, io.BytesIO(b"hi"))
        upload = SimpleUploadedFile("all.tar", content.getvalue())
        self.client.post(reverse("notes:unpack", args=[self.note.pk]), {"archive": upload})
        self.assertEqual(self.note.attachments.get().name, "inside.txt")

    def test_a_sum_is_worked_out(self):
        self.come_in()
        answer = self.client.get(reverse("notes:total"), {"sum": "1+2+39"})
        self.assertEqual(answer.json(), {"total": 42})


class DirectoryTests(SiteTestCase):
    def test_a_colleague_is_looked_up(self):
        self.come_in()
        page = self.client.get(reverse("directory:lookup"), {"name": "Turing"})
        self.assertContains(page, "alan@example.org")
        self.assertNotContains(page, "Ada Lovelace")

    def test_one_colleague_is_shown(self):
        self.come_in()
        self.assertContains(self.client.get(reverse("directory:person", args=["ada"])), "1815")
        self.assertEqual(self.client.get(reverse("directory:person", args=["x"])).status_code, 404)


    def test_colleagues_are_listed(self):
        self.come_in()
        self.assertContains(self.client.get(reverse("directory:export")), "ada@example.org")
        self.assertEqual(self.client.get(reverse("directory:phones")).json()["Ada Lovelace"], ["1815"])
        self.assertContains(self.client.get(reverse("directory:card", args=["ada"])), "FN:Ada")


class ApiTests(SiteTestCase):
    def test_notes_are_read(self):
        self.come_in()
        titles = [note["title"] for note in self.client.get("/api/notes/").json()["results"]]
        self.assertEqual(titles, ["Notes on the engine"])

    def test_nobody_else_reads_them(self):
        self.assertEqual(self.client.get("/api/notes/").status_code, 403)


class QueryTests(SiteTestCase):
    """Notes found with the query language: on the page, by the API, in the back office."""

    def setUp(self):
        super().setUp()
        Note.objects.create(owner=self.alan, title="Machines", is_public=True)
        Note.objects.create(owner=self.alan, title="Secret", is_public=False)
        self.come_in()

    def test_the_page_finds_what_one_may_see(self):
        page = self.client.get(reverse("notes:find"), {"q": 'owner.username = "alan"'})
        self.assertContains(page, "Machines")
        self.assertNotContains(page, "Secret")
        page = self.client.get(reverse("notes:find"), {"q": "owner.password ~ 'a'"})
        self.assertContains(page, "There is no field")
        self.assertNotContains(page, "Machines")

    def test_the_api_finds_and_refuses(self):
        found = self.client.get("/api/notes/", {"q": 'not owner.username = "ada"'})
        self.assertEqual([note["title"] for note in found.json()["results"]], ["Machines"])
        self.assertEqual(self.client.get("/api/notes/", {"q": "titel = 1"}).status_code, 400)

    def test_suggestions_are_for_members(self):
        found = self.client.get(reverse("notes:complete"), {"q": "own"})
        self.assertEqual(found.json()["suggestions"][0]["text"], "owner.")
        self.client.logout()
        self.assertEqual(self.client.get(reverse("notes:complete")).status_code, 302)

    def test_the_back_office_searches_all_notes(self):
        self.ada.is_staff = self.ada.is_superuser = True
        self.ada.save()
        page = self.client.get("/back-office/notes/note/", {"q": "is_public = false"})
        self.assertContains(page, "Secret")
