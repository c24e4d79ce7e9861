"""Sinks of libraries, as they are called in practice: through objects, `with`, attributes, aliases."""

from __future__ import annotations

import pytest

from pickguard.base.config import Config
from pickguard.scan import scan

CASES = {
    "shell.command-from-parts": [
        ("import os", "os.system('ls ' + q)"),
        ("from os import popen as pipe", "pipe(f'ls {q}')"),
        ("import subprocess as sp", "sp.run('ls ' + q, shell=True)"),
        ("import subprocess", "subprocess.getoutput('ls ' + q)"),
        ("import subprocess", "subprocess.run(['sh', '-c', 'ls ' + q])"),
        ("import asyncio", "asyncio.create_subprocess_shell('ls ' + q)"),
        ("import paramiko", "c = paramiko.SSHClient()\n    c.exec_command('ls ' + q)"),
        ("from fabric import Connection", "with Connection('db') as c:\n        c.run('ls ' + q)"),
        ("import invoke", "invoke.run('ls ' + q)"),
        ("import pexpect", "pexpect.spawn('ls ' + q)"),
    ],
    "shell.evaluated": [
        ("", "eval(q)"),
        ("import pandas as pd", "pd.eval(q)"),
        ("import pandas as pd", "frame = pd.DataFrame()\n    frame.query(q)"),
        ("from sympy import sympify", "sympify(q)"),
    ],
    "shell.unpickled": [
        ("import pickle", "pickle.loads(q)"),
        ("from dill import loads", "loads(q)"),
        ("import joblib", "joblib.load(q)"),
        ("import yaml", "yaml.load(q, Loader=yaml.Loader)"),
        ("import yaml", "yaml.unsafe_load(q)"),
        ("import numpy as np", "np.load(q, allow_pickle=True)"),
        ("import pandas", "pandas.read_pickle(q)"),
    ],
    "shell.xml-entities": [
        ("from xml.etree import ElementTree as ET", "ET.fromstring(q)"),
        ("from lxml import etree", "etree.fromstring(q)"),
        ("import xml.sax", "xml.sax.parseString(q, None)"),
    ],
    "trust.ssrf": [
        ("import requests", "requests.get(q, timeout=1)"),
        ("import requests", "s = requests.Session()\n    s.post(q, timeout=1)"),
        ("import httpx", "with httpx.Client() as c:\n        c.get(q)"),
        ("import httpx", "httpx.request('GET', q)"),
        ("import aiohttp", "s = aiohttp.ClientSession()\n    s.get(q)"),
        ("from urllib.request import urlopen", "urlopen(q)"),
        ("from http.client import HTTPSConnection", "HTTPSConnection(q)"),
        ("import httplib", "httplib.HTTPConnection(q)"),
        (
            "from six.moves.http_client import HTTPConnection\nfrom six.moves.urllib.parse import urlsplit",
            "HTTPConnection(urlsplit(q)[1])",
        ),
        ("try:\n    import requests\nexcept ImportError:\n    requests = None", "requests.get(q)"),
        ("import urllib3", "pool = urllib3.PoolManager()\n    pool.request('GET', q)"),
        ("import pandas as pd", "pd.read_csv(q)"),
        ("import smtplib", "smtplib.SMTP(q)"),
        ("import requests", "o = {'timeout': 1, 'url': q}\n    requests.get(**o)"),
        ("import redis", "o = {}\n    o['host'] = q\n    redis.StrictRedis(**o)"),
    ],
    "trust.path-traversal": [
        ("", "open('/srv/' + q)"),
        ("import os", "os.remove('/srv/' + q)"),
        ("from pathlib import Path", "(Path('/srv') / q).read_text()"),
        ("import shutil", "shutil.rmtree(q)"),
        ("from PIL import Image", "Image.open('/srv/' + q)"),
        ("import zipfile", "zipfile.ZipFile(f'/srv/{q}')"),
    ],
    "sql.formatted-statement": [
        ("import sqlite3", "c = sqlite3.connect('x')\n    c.execute('SELECT ' + q)"),
        ("import psycopg", "with psycopg.connect() as c:\n        c.execute(f'SELECT {q}')"),
        (
            "import MySQLdb",
            "db = MySQLdb.connect()\n    k = db.cursor()\n    k.execute('SELECT ' + q)",
        ),
        ("import pymysql", "k = pymysql.connect().cursor()\n    k.execute('SELECT ' + q)"),
        ("from sqlalchemy import text", "text('SELECT ' + q)"),
    ],
    "ldap.formatted-filter": [
        ("import ldap", "c = ldap.initialize('ldap://x')\n    c.search_s('o=x', 2, f'(uid={q})')"),
        ("import ldap", "ldap.initialize('x').search_ext('o=x', 2, filterstr=made(q))"),
        ("from ldap3 import Connection", "c = Connection('x')\n    c.search('o=x', f'(uid={q})')"),
        ("from ldap3 import Connection", "c = Connection('x')\n    c.search('o=x', made(q))"),
    ],
    "ldap.formatted-name": [
        ("import ldap", "c = ldap.initialize('x')\n    c.simple_bind_s(f'uid={q},o=x', 'p')"),
        ("from ldap3 import Connection", "Connection('x', f'uid={q},o=x')"),
    ],
}
SAFE = [
    ("import subprocess", "subprocess.run('ls -l', shell=True)"),
    ("import shlex, os", "os.system('ls ' + shlex.quote(q))"),
    ("import subprocess", "subprocess.run(['ls', '--', q])"),
    ("import yaml", "yaml.safe_load(q)"),
    ("import numpy as np", "np.load(q)"),
    ("import json", "json.loads(q)"),
    ("from defusedxml import ElementTree", "ElementTree.fromstring(q)"),
    ("import requests", "requests.get('https://example.org/?q=' + q, timeout=1)"),
    ("import ldap, ldap.filter", "ldap.initialize('x').search_s('o', 2, '(uid=%s)' % ldap.filter.escape_filter_chars(q))"),
    ("import sqlite3", "c = sqlite3.connect('x')\n    c.execute('SELECT ?', [q])"),
    ("from django.utils._os import safe_join", "open(safe_join('/srv', q))"),
]  # fmt: skip
MADE = "def made(name):\n    return '(uid=' + name + ')'\n"


def found_in(folder, snippet):
    """Return the rules of certain findings in a view that has the value `q` from the browser."""
    imports, statement = snippet
    code = f"{imports}\n{MADE}\ndef view(request):\n    q = request.GET['q']\n    {statement}\n"
    (folder / "views.py").write_text(code)
    result = scan(folder, config=Config(select=tuple(CASES)), cache=False)
    assert not result.files.unreadable
    return {f.rule for f in result.findings if f.confidence.value == "high"}


@pytest.mark.parametrize(
    ("rule", "snippet"),
    [(rule, snippet) for rule, snippets in CASES.items() for snippet in snippets],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_a_librarys_sink_is_found(rule, snippet, tmp_path):
    """With a way from the request, however the library is named and its object made."""
    assert rule in found_in(tmp_path, snippet)


def test_a_storage_of_django_keeps_to_its_folder(tmp_path):
    """Whoever names a file of it names another's file, not one of the server's."""
    (tmp_path / "views.py").write_text(
        "from django.core.files.storage import default_storage\n"
        "def view(request):\n    default_storage.delete('tmp/' + request.GET['q'])\n"
    )
    (found,) = scan(tmp_path, config=Config(select=("trust",)), cache=False).findings
    assert (found.rule, found.confidence.value, found.severity.value) == (
        "trust.path-traversal",
        "medium",
        "medium",
    )


@pytest.mark.parametrize("snippet", SAFE, ids=lambda value: value[1])
def test_the_safe_call_of_a_library_is_left_alone(snippet, tmp_path):
    """Constants, parameters, quoting, safe loaders."""
    assert found_in(tmp_path, snippet) == set()
