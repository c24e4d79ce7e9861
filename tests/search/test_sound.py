"""The example site with the language in it, served by itself and driven in Chromium."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from playwright.sync_api import expect

SITE = Path(__file__).parents[2] / "examples" / "sound"
PASSWORD = "correct horse battery staple"


def rows():
    """Return two members and three notes as a fixture."""
    members = [
        {
            "model": "auth.user",
            "pk": number,
            "fields": {
                "username": name,
                "password": MD5PasswordHasher().encode(PASSWORD, "salt"),
                "is_staff": True,
                "is_superuser": True,
            },
        }
        for number, name in ((1, "ada"), (2, "alan"))
    ]
    notes = [
        {
            "model": "notes.note",
            "pk": number,
            "fields": {
                "owner": owner, "title": title, "is_public": public,
                "created": "2024-04-01T12:00:00Z",
            },
        }
        for number, owner, title, public in (
            (1, 1, "Engine", True), (2, 2, "Machines", True), (3, 2, "Secret", False),
        )
    ]  # fmt: skip
    return members + notes


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Serve the site with these rows in a database of its own."""
    fixture = tmp_path_factory.mktemp("sound") / "rows.json"
    fixture.write_text(json.dumps(rows()))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "import noticeboard.settings.test as s; s.ALLOWED_HOSTS.append('127.0.0.1'); s.DEBUG = True;"
        "from django.core.management import execute_from_command_line as run;"
        f"run(['manage.py', 'testserver', {str(fixture)!r}, '--addrport', '127.0.0.1:{port}',"
        " '--noinput'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=SITE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "noticeboard.settings.test"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def test_a_member_finds_notes(browser, address):
    """Come in, type, complete with the keyboard, see a mistake and its place, find the rows."""
    page = browser.new_page(viewport={"width": 900, "height": 520})
    page.goto(f"{address}/accounts/login/?next=/find/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("form:has(input[name=password]) button").click()
    page.wait_for_url("**/find/")
    box = page.get_by_role("combobox")
    box.press_sequentially("owner.usernam")
    option = page.locator("[role=listbox][aria-busy=false] [role=option]:first-child span")
    expect(option).to_have_text("owner.username")
    box.press("ArrowDown")
    box.press("Enter")
    assert box.input_value() == "owner.username "
    box.press_sequentially('= "alan" and titel ~ "a" ')
    page.wait_for_selector(".pg-errors p")
    folder = os.environ.get("PICKGUARD_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / "sound.png")
    page.get_by_role("button", name="Change to title").click()
    expect(page.locator(".pg-errors p")).to_have_count(0)
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**/find/?q=*")
    assert box.input_value().strip() == 'owner.username = "alan" and title ~ "a"'
    assert page.locator("#found li").all_inner_texts() == ["Machines"]
    page.goto(f"{address}/back-office/notes/note/?q=is_public = false")
    assert page.locator("#result_list tbody tr").count() == 1
    page.close()
