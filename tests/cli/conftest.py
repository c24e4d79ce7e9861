"""A conductor made by hand in the place of the real one, and a command line that uses it."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.findings.examples import RESULT

from pickguard.cli.entry import cli, guarded
from pickguard.findings.result import ScanResult


@dataclass
class FakeConductor:
    """Answers with what it was told to, and keeps what it was asked."""

    result: ScanResult | Exception = RESULT
    asked: dict[str, Any] = field(default_factory=dict)

    def scan(self, root: Path, **given: Any) -> ScanResult:
        self.asked = {"root": root, **given}
        given["progress"].stage("reading", 2)
        given["progress"].advance(2)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@dataclass
class Run:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def conductor():
    return FakeConductor()


@pytest.fixture
def run(conductor, capsysbinary, tmp_path, monkeypatch):
    """Run a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, real: bool = False) -> Run:
        obj = None if real else conductor
        code = guarded(lambda: cli.main(list(words), obj=obj, standalone_mode=False))
        sys.stdout.flush()
        captured = capsysbinary.readouterr()
        return Run(code, captured.out.decode(), captured.err.decode())

    return call
