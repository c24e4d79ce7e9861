"""What the leaky site lets pass is refused here."""

import io
import tarfile

from django.test import Client
from django.urls import reverse

from accounts.models import Profile
from directory import client
from notes.models import Note
from tests.test_site import PASSWORD, SiteTestCase


class AttackTests(SiteTestCase):
    def setUp(self):
        super().setUp()
        self.secret = Note.objects.create(owner=self.ada, title="Secret")
        self.come_in("alan")

    def test_nobody_makes_themselves_admin(self):
        self.client.post(reverse("accounts:profile"), {"is_admin": "on", "credits": 9999})
        own = Profile.objects.get(user=self.alan)
        self.assertEqual((own.is_admin, own.credits), (False, 10))

    def test_another_member_s_private_note_stays_private(self):
        for name in ("detail", "edit", "download", "export"):
            answer = self.client.get(reverse(f"notes:{name}", args=[self.secret.pk]))
            self.assertEqual(answer.status_code, 404, name)
        self.assertEqual(self.client.get(f"/api/notes/{self.secret.pk}/").status_code, 404)

    def test_another_member_s_note_can_be_neither_changed_nor_deleted(self):
        self.client.post(reverse("notes:delete", args=[self.note.pk]))
        self.client.post(reverse("notes:edit", args=[self.note.pk]), {"title": "mine"})
        self.client.patch(
            f"/api/notes/{self.note.pk}/", {"title": "mine"}, content_type="application/json"
        )
        self.note.refresh_from_db()
        self.assertEqual(self.note.title, "Notes on the engine")

    def test_a_get_deletes_nothing(self):
        mine = Note.objects.create(owner=self.alan, title="Mine")
        self.client.get(reverse("notes:delete", args=[mine.pk]))
        self.assertTrue(Note.objects.filter(pk=mine.pk).exists())

    def test_a_request_without_a_token_is_refused(self):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.alan)
        address = reverse("notes:comment", args=[self.note.pk])
        self.assertEqual(strict.post(address, {"text": "x"}).status_code, 403)

    def test_markup_stays_text(self):
        attack = "<script>alert(1)</script>"
        self.assertNotContains(self.client.get(reverse("notes:search"), {"q": attack}), attack)
        self.client.post(reverse("notes:comment", args=[self.note.pk]), {"text": attack})
        self.note.body = attack
        self.note.save()
        self.assertNotContains(self.client.get(self.note.get_absolute_url()), attack)

    def test_quotes_stay_text_in_queries(self):
        page = self.client.get(reverse("notes:search"), {"q": "' OR 1=1 --"})
        self.assertContains(page, "Nothing found")

    def test_filters_of_the_directory_stay_text(self):
        self.assertEqual(
            client.by_name("*)(uid=*"),
            r"(&(objectClass=inetOrgPerson)(cn=*\2a\29\28uid=\2a*))",
        )

    def test_no_redirect_leads_away(self):
        data = {"username": "ada", "password": PASSWORD, "next": "https://evil.example/"}
        answer = self.client.post(reverse("accounts:login"), data)
        self.assertRedirects(answer, "/")

    def test_archives_write_nothing_outside(self):
        mine = Note.objects.create(owner=self.alan, title="Mine")
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("../../escaped.txt"))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        content.seek(0)
        content.name = "all.tar"
        self.client.post(reverse("notes:unpack", args=[mine.pk]), {"archive": content})
        self.assertEqual([a.name for a in mine.attachments.all()], ["escaped.txt"])
        self.assertTrue(mine.attachments.get().file.name.startswith(f"note-{mine.pk}/"))

    def test_only_known_hosts_are_previewed(self):
        for url in ("http://example.org/", "https://127.0.0.1/", "file:///etc/passwd"):
            self.assertEqual(
                self.client.get(reverse("notes:preview"), {"url": url}).status_code, 400
            )

    def test_entities_of_outlines_are_not_followed(self):
        body = b'<!DOCTYPE x [<!ENTITY a "b">]><opml><outline text="&a;"/></opml>'
        answer = self.client.post(reverse("notes:outline"), body, content_type="text/xml")
        self.assertEqual(answer.status_code, 400)

    def test_sums_are_no_programs(self):
        answer = self.client.get(reverse("notes:total"), {"sum": "__import__('os').getpid()"})
        self.assertEqual(answer.status_code, 400)

    def test_passwords_cannot_be_tried_for_ever(self):
        data = {"username": "mallory", "password": "wrong"}
        for page in ("accounts:login", "accounts:guest"):
            answers = [self.client.post(reverse(page), data) for _ in range(6)]
            self.assertEqual([a.status_code for a in answers], [200] * 5 + [429])
            self.assertGreater(int(answers[-1]["Retry-After"]), 0)

    def test_credits_are_neither_made_nor_lost(self):
        self.client.post(reverse("accounts:transfer"), {"receiver": "ada", "amount": 11})
        self.client.post(reverse("accounts:transfer"), {"receiver": "nobody", "amount": 1})
        credits = Profile.objects.values_list("credits", flat=True)
        self.assertEqual(list(credits), [10, 10])

    def test_staff_pages_are_for_staff(self):
        self.client.cookies["staff"] = "yes"
        self.assertEqual(self.client.get(reverse("accounts:members")).status_code, 302)
