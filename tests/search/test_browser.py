"""What a person does, in Chromium: type, complete with the keyboard, see a mistake, find rows."""

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tickets")]


@pytest.fixture
def page(browser):
    """A fresh page that fails the test on any script error or policy violation."""
    context = browser.new_context(viewport={"width": 1000, "height": 640})
    found = context.new_page()
    complaints = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    found.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield found
    context.close()
    assert complaints == []


def shot(page, name):
    """Keep a picture where PICKGUARD_SCREENSHOTS names a folder."""
    folder = os.environ.get("PICKGUARD_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def wait_for(page, first):
    """Wait until the newest answer is shown, and begins with this suggestion."""
    option = page.locator("[role=listbox][aria-busy=false] [role=option]:first-child span")
    expect(option).to_have_text(first)


def test_a_page_under_a_strict_policy(page, live_server):
    """Completion by keyboard alone, an error with a fix, results; no inline style or script."""
    page.goto(f"{live_server.url}/tickets/")
    box = page.get_by_role("combobox")
    box.press_sequentially("gro")
    wait_for(page, "groups.")
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    box.press("Enter")
    assert box.input_value() == "groups."
    box.press_sequentially("n")
    wait_for(page, "groups.name")
    box.press("ArrowDown")
    box.press("Tab")
    assert box.input_value() == "groups.name "
    box.press_sequentially('= "do')
    wait_for(page, '"docs"')
    shot(page, "page-completion")
    box.press("ArrowDown")
    box.press("Enter")
    assert box.input_value() == 'groups.name = "docs" '
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/?q=*")
    expect(page.locator("#found li")).to_have_text(["cherry"])


def test_a_mistake_is_marked_and_can_be_mended(page, live_server):
    page.goto(f"{live_server.url}/tickets/")
    box = page.get_by_role("combobox")
    box.press_sequentially("prioritty = 4 ")
    expect(page.locator("[role=listbox][aria-busy=false]")).to_have_count(1)
    expect(page.locator(".pg-errors p")).to_have_count(1)
    expect(page.locator(".pg-errors")).to_contain_text("There is no field “prioritty” here.")
    expect(page.locator(".pg-wrong")).to_have_text(["prioritty"])
    assert box.get_attribute("aria-invalid") == "true"
    shot(page, "page-error")
    page.get_by_role("button", name="Change to priority").click()
    assert box.input_value().strip() == "priority = 4"
    expect(page.locator(".pg-errors p")).to_have_count(0)
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**/tickets/?q=*")
    expect(page.locator("#found li")).to_have_text(["elder"])


def test_all_mistakes_are_told_once_and_escape_keeps_the_text(page, live_server):
    """What the server says under the box gives way to the same beside it; Escape only closes."""
    page.goto(f"{live_server.url}/tickets/?q=" + quote("nam = 1 and priority = a and (done >"))
    box = page.get_by_role("combobox")
    expect(page.locator(".pg-errors p")).to_have_count(1)
    page.goto(f"{live_server.url}/tickets/?q=" + quote("nam = 1 and priority = a order by b"))
    expect(page.locator(".pg-errors p")).to_have_count(3)
    expect(page.locator(".errorlist")).to_have_count(1)
    assert not page.locator(".errorlist").is_visible()
    expect(page.locator(".pg-wrong")).to_have_text(["nam", "a", "b"])
    box.press("Escape")
    box.press("Escape")
    assert box.input_value() == "nam = 1 and priority = a order by b"


def test_highlighting_lies_over_the_text(page, live_server):
    """The painted line says what the box says, in its place and its font."""
    page.goto(f"{live_server.url}/tickets/")
    box = page.get_by_role("combobox")
    box.fill('name ~ "a" and not priority in (1, 2)')
    expect(page.locator(".pg-paint")).to_have_text('name ~ "a" and not priority in (1, 2)')
    expect(page.locator(".pg-word")).to_have_text(["and", "not", "in"])
    expect(page.locator(".pg-text")).to_have_text(['"a"'])
    left = page.locator(".pg-paint").bounding_box()["x"] - box.bounding_box()["x"]
    assert 0 < left < 12


def test_without_scripts_the_box_still_searches(browser, live_server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/tickets/")
    page.locator("input[name=q]").fill("priority = 2")
    page.locator("input[name=q]").press("Enter")
    expect(page.locator("#found li")).to_have_text(["cherry"])
    context.close()


def test_the_admin(page, live_server):
    """Log in, complete, search, save the query, find it again; an error under the box."""
    user = User.objects.create_superuser("admin", password="admin")
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/admin/desk/ticket/")
    box = page.get_by_role("combobox", name="Search")
    box.press_sequentially('state.name = "o')
    wait_for(page, '"open"')
    shot(page, "admin-completion")
    box.press("ArrowDown")
    box.press("Enter")
    box.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    page.get_by_label("Name of the query").fill("open ones")
    page.get_by_role("button", name="Save this query").click()
    page.get_by_role("link", name="open ones").click()
    page.wait_for_url("**/?q=*")
    assert page.get_by_role("combobox", name="Search").input_value() == 'state.name = "open"'
    shot(page, "admin-result")
    page.goto(f"{live_server.url}/admin/desk/ticket/?q=priority+%3E+%22a%22")
    page.wait_for_selector(".pg-wrong")
    expect(page.locator(".pg-errors")).to_contain_text("“priority” can't be compared")
    assert not page.locator("#pickguard-errors").is_visible()
    assert page.get_by_role("combobox", name="Search").bounding_box()["width"] > 150
    shot(page, "admin-error")
