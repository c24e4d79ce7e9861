"""Both example sites work, and the scan tells them apart: every planted hole, no false alarm."""

import functools
import json
import os
import subprocess
import sys

import jsonschema
import pytest
from tests.examples.marks import EXAMPLES, Mark, marks

from pickguard.base.config import FORMATS, Config
from pickguard.base.progress import Silent
from pickguard.base.scales import Confidence
from pickguard.base.workers import can_copy
from pickguard.findings import Status
from pickguard.report import View, render
from pickguard.scan import scan

SITES = ("leaky", "sound")
# the site has the middleware, badly set, and no backup at all; it can't lack both
INSTEAD = {
    "backups.media-left-out",
    "backups.no-drill",
    "backups.on-the-same-host",
    "backups.unencrypted",
    "clickjacking.no-protection",
    "csrf.no-middleware",
    "deployment.no-security-middleware",
}
# rules about libraries that the example does without
ELSEWHERE = {
    "csrf.callback-without-state",
    "csrf.offered-exempt-view",
    "csrf.socket-from-any-page",
    "deployment.parents-stay-open",
    "deployment.pickled-tasks",
    "deployment.setting-by-name",
    "forms.read-only-ignored",
    "ldap.empty-password",
    "passwords.acts-as-superuser",
    "passwords.address-stays-verified",
    "passwords.check-left-out",
    "passwords.code-of-anybody",
    "passwords.default-of-command",
    "passwords.expiry-unasked",
    "passwords.hash-in-sheet",
    "passwords.in-cookie",
    "passwords.in-process-list",
    "passwords.known-password",
    "passwords.limit-evaded",
    "passwords.login-before-code",
    "passwords.named-by-header",
    "passwords.password-in-code",
    "passwords.second-step-alone",
    "passwords.second-step-for-anybody",
    "passwords.second-step-off-unasked",
    "passwords.seconds-taken-for-days",
    "passwords.secret-as-name",
    "passwords.secret-in-admin",
    "passwords.sent-back",
    "passwords.set-for-anybody",
    "passwords.shared-random-seeded",
    "passwords.token-of-another-app",
    "passwords.token-without-end",
    "passwords.typed-into-admin",
    "passwords.unverified-token",
    "sessions.challenge-kept",
    "sessions.code-without-proof-key",
    "sessions.cookies-in-output",
    "sessions.ended-key-accepted",
    "sessions.guessable-key",
    "sessions.headers-passed-on",
    "sessions.logout-ends-nothing",
    "sessions.outlives-password",
    "sessions.password-in-wizard",
    "sessions.revoked-token-accepted",
    "sessions.salt-runs-together",
    "sessions.user-past-hash",
    "sessions.visitor-kept-for-all",
    "shell.attributes-by-path",
    "shell.program-from-browser",
    "sql.option-names",
    "tls.link-over-http",
    "trust.account-by-unverified-mail",
    "trust.action-for-viewers",
    "trust.another-row-asked",
    "trust.browser-decides",
    "trust.deleted-past-check",
    "trust.formset-of-all-rows",
    "trust.host-in-mailed-link",
    "trust.line-break-passes",
    "trust.open-mutation",
    "trust.open-socket",
    "trust.open-upload",
    "trust.personal-data-open",
    "trust.power-for-anybody",
    "trust.payment-unproved",
    "trust.price-from-browser",
    "trust.right-to-view-alone",
    "trust.scope-of-one-alternative",
    "xss.cleaner-skips-nodes",
    "xss.entities-undone",
    "xss.filter-called-bare",
    "xss.markup-of-answer",
    "xss.upload-past-validators",
    "xss.upload-searched-for-tags",
}
INJECTIONS = {"xss", "sql", "ldap", "shell"}
# what is wrong whoever writes the value, and functions of the example that nothing calls
WITHOUT_WAY = {
    "sql.quoted-by-hand",
    "sql.quoted-placeholder",
    "sql.secret-searchable",
    "xss.escaping-switched-off",
    "xss.formatted-markup",
    "xss.help-text-from-data",
    "xss.html-response",  # of a traceback
    "xss.json-marked-safe",
    "xss.markup-of-attribute",  # no server sees it
    "xss.markup-of-value",
    "xss.page-uploadable",
    "xss.policy-lets-scripts-in",  # of the settings
    "xss.policy-not-sent",
    "xss.raw-node",
    "xss.script-output",  # escaped, in a string
    "xss.script-trusts-address",  # no server sees it
    "xss.unescaped-engine",
    "xss.unescaped-environment",
    "xss.unsafe-filter",
    "xss.upload-shown",
    "xss.upload-type-claimed",
}
# holes that the rules of today miss; whoever sharpens a rule takes its hole out of here
GAPS: set[tuple[str, str, str]] = set()


def _manage(site, *words):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=EXAMPLES / site,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "noticeboard.settings.test"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@functools.cache
def _scanned(site, confidence=Confidence.MEDIUM):
    config = Config(min_confidence=confidence)
    return scan(EXAMPLES / site, config=config, jobs=1, cache=False, progress=Silent())


@pytest.mark.parametrize("site", SITES)
def test_the_site_passes_its_own_tests(site):
    ended = _manage(site, "test")
    assert ended.returncode == 0, ended.stderr
    assert "OK" in ended.stderr


@pytest.mark.parametrize("site", SITES)
def test_no_migration_is_missing(site):
    assert _manage(site, "makemigrations", "--check", "--dry-run").returncode == 0


def _found():
    return {
        Mark(place.path, line, finding.rule)
        for finding in _scanned("leaky", Confidence.LOW).findings
        for place in finding.places
        if place is finding.places[0] or place.label == "and here"
        for line in range(place.line, place.end_line + 1)
    }


def test_the_scan_of_the_leaky_site_names_each_planted_hole_at_its_line():
    rules = {rule.id for rule in _scanned("leaky").rules}
    planted = {mark for mark in marks("leaky") if mark.rule in rules}
    assert planted
    missed = planted - _found()
    assert sorted(mark for mark in missed if not _gap(mark)) == []
    assert sorted(GAPS - {_gap(mark) for mark in missed}) == []


def _gap(mark):
    """Return the gap that explains why a hole is missed, None where none does."""
    text = (EXAMPLES / "leaky" / mark.path).read_text("utf-8").splitlines()[mark.line - 1]
    return next((gap for gap in GAPS if gap[:2] == (mark.path, mark.rule) and gap[2] in text), None)


def test_every_injection_of_the_leaky_site_has_its_way_at_high_confidence():
    """What the browser sends is followed to where it does harm, across files and the database."""
    followed = 0
    for finding in _scanned("leaky").findings:
        if finding.lesson in INJECTIONS and finding.rule not in WITHOUT_WAY:
            assert finding.confidence is Confidence.HIGH, finding
            assert finding.flow, finding
            followed += 1
    assert followed > 20


def test_every_planted_hole_has_a_rule():
    rules = {rule.id for rule in _scanned("leaky").rules}
    assert sorted({mark.rule for mark in marks("leaky")} - rules) == []


def test_every_rule_has_a_planted_hole():
    """But those about what is missing altogether, where something else is planted instead."""
    rules = {rule.id for rule in _scanned("leaky").rules if rule.lesson != "pickguard"}
    assert rules - {mark.rule for mark in marks("leaky")} == INSTEAD | ELSEWHERE


def test_nothing_else_is_said_of_the_leaky_site():
    """A finding without a mark is a false alarm, or a hole that nobody planted knowingly."""
    planted = marks("leaky")
    unmarked = [
        (place.path, place.line, finding.rule)
        for finding in _scanned("leaky").findings
        for place in finding.places[:1]
        if not any(
            Mark(place.path, line, finding.rule) in planted
            for line in range(place.line, place.end_line + 1)
        )
    ]
    assert unmarked == []


def test_the_sound_site_has_no_marks_and_gives_no_findings():
    assert marks("sound") == set()
    assert [
        (finding.rule, finding.places[0].path, finding.places[0].line)
        for finding in _scanned("sound").findings
        if finding.status is Status.NEW
    ] == []


def test_the_sarif_log_of_the_leaky_site_is_valid():
    schema = json.loads((EXAMPLES.parent / "tests/data/sarif-schema-2.1.0.json").read_text("utf-8"))
    log = json.loads(render("sarif", _scanned("leaky"), View()))
    jsonschema.Draft4Validator(schema).validate(log)
    assert len(log["runs"][0]["results"]) == len(_scanned("leaky").findings)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_of_every_rule_that_found_something(name):
    report = render(name, _scanned("leaky"), View())
    assert [f.rule for f in _scanned("leaky").findings if f.rule not in report] == []


@pytest.mark.skipif(not can_copy(), reason="this system does not copy processes")
def test_several_processes_say_the_same(monkeypatch):
    """The rules are asked in processes of their own where there is enough to ask about."""
    alone = scan(EXAMPLES / "leaky", config=Config(), cache=False)
    monkeypatch.setattr("pickguard.check._PARALLEL_FROM_LINES", 0)
    together = scan(EXAMPLES / "leaky", config=Config(), cache=False, jobs=3)
    assert together.findings == alone.findings
