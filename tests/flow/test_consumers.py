"""What a browser sends over a socket, or says of its connection, to the consumers of Channels."""

from __future__ import annotations

import pytest

from pickguard.base.config import Config
from pickguard.scan import scan

CONSUMERS = """
import json
import os
from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer, WebsocketConsumer
from urllib.parse import parse_qs

class Chat(WebsocketConsumer):
    def connect(self):
        self.room = self.scope["url_route"]["kwargs"]["room"]
        self.words = parse_qs(self.scope["query_string"].decode())
        self.person = self.scope["user"].username
        self.accept()

    def receive(self, text_data=None, bytes_data=None):
        data = json.loads(text_data)
        os.system("ls " + VALUE)

class Board(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content, **kwargs):
        await self.show(content["name"], int(content["size"]))

    async def show(self, name, size):
        await sync_to_async(os.system)(f"ls {NAME}")

class Tokens:
    async def __call__(self, scope, receive, send):
        os.system(f"ls {PART}")
"""


def found(folder, **values):
    """Return the confidence of the finding about a shell; None where there is none."""
    text = CONSUMERS
    for name in ("VALUE", "NAME", "PART"):
        text = text.replace(name, values.get(name, "'here'"))
    (folder / "consumers.py").write_text(text)
    config = Config(select=("shell.command-from-parts",))
    hits = scan(folder, config=config, cache=False).findings
    return [hit.confidence.value for hit in hits]


@pytest.mark.parametrize(
    "value", ["data['name']", "text_data", "self.room", "self.words['q'][0]", "bytes_data.decode()"]
)
def test_what_comes_over_a_socket_is_the_browsers(value, tmp_path):
    assert found(tmp_path, VALUE=value) == ["high"]


@pytest.mark.parametrize("value", ["self.person", "str(len(data))", "self.channel_name"])
def test_the_rest_is_not(value, tmp_path):
    assert "high" not in found(tmp_path, VALUE=value)


def test_json_is_followed_on(tmp_path):
    assert found(tmp_path, NAME="name") == ["high"]
    assert found(tmp_path, NAME="size") == []


def test_a_middleware_of_asgi_reads_the_connection(tmp_path):
    assert found(tmp_path, PART="scope['query_string'].decode()") == ["high"]
    assert "high" not in found(tmp_path, PART="scope['type']")
