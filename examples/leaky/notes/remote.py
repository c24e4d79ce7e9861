"""Pictures of other sites that notes show."""

import ipaddress
import socket
from urllib.parse import urlsplit

import requests


def is_own(url):
    return url.startswith("https://notes.example")  # hole: trust.weak-host-check


def refuse_private(url):
    address = socket.gethostbyname(urlsplit(url).hostname)
    if not ipaddress.ip_address(address).is_global:
        raise ValueError(url)


def picture(url):
    refuse_private(url)
    return requests.get(url, timeout=5).content  # hole: trust.followed-past-check
