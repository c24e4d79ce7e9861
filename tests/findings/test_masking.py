"""Secrets that were found are not repeated in what is printed of them."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.base.config import Config
from pickguard.findings import masking
from pickguard.findings.masking import starred
from pickguard.report import View, render
from pickguard.scan import scan

KEY = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


def test_the_examples_of_the_module():
    assert doctest.testmod(masking).failed == 0


@given(st.text())
def test_what_is_starred_stands_where_it_stood(code):
    shown = starred(code)
    assert len(shown) == len(code)
    assert [i for i, c in enumerate(shown) if c == "\n"] == [
        i for i, c in enumerate(code) if c == "\n"
    ]


def test_a_text_that_is_cut_off_is_starred_too():
    assert starred('KEY = """-----BEGIN\nabcdef') == 'KEY = """----******\n******'


def test_keys_and_names_in_capitals_stay():
    code = '{"password": "hunter22", "HOST": env("DB_HOST")}'
    assert starred(code) == '{"password": "hu******", "HOST": env("DB_HOST")}'


@pytest.mark.parametrize("name", ["text", "json", "sarif", "html", "github"])
def test_no_report_repeats_a_secret(tmp_path, name):
    (tmp_path / "pay.py").write_text(f'import stripe\nstripe.api_key = "{KEY}"\n')
    result = scan(tmp_path, config=Config(), cache=False)
    assert [f.rule for f in result.findings] == ["passwords.service-key-in-code"]
    report = render(name, result, View())
    assert "sk_l" in report
    assert KEY not in report
