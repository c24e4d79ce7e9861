"""Many requests at once, each on a connection of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

_TOKEN = "t" * 32


@dataclass(frozen=True)
class Login:
    """One attempt: who, with which password, from which address, with what headers."""

    name: str
    password: str
    source: str = "127.0.0.9"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    path: str = "/login/"
    field: str = "username"

    def request(self) -> bytes:
        """Return the bytes to send."""
        body = urlencode(
            {self.field: self.name, "password": self.password, "csrfmiddlewaretoken": _TOKEN}
        )
        cookies = "; ".join(f"{k}={v}" for k, v in {"csrftoken": _TOKEN, **self.cookies}.items())
        lines = [
            f"POST {self.path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close",
            "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}",
            f"Cookie: {cookies}", *(f"{name}: {value}" for name, value in self.headers.items()),
        ]  # fmt: skip
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@dataclass(frozen=True)
class Answer:
    """A status and the cookies that were set."""

    status: int
    cookies: Mapping[str, str]
    retry_after: str | None


def ask(port: int, *logins: Login) -> list[Answer]:
    """Ask all at once: first everybody connects, then everybody sends."""
    return asyncio.run(_ask(port, logins))


async def _ask(port: int, logins: Sequence[Login]) -> list[Answer]:
    start = asyncio.Event()
    connected = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(_one(port, login, connected, start)) for login in logins]
    for _ in logins:
        await connected.acquire()
    start.set()
    return list(await asyncio.gather(*tasks))


async def _one(
    port: int, login: Login, connected: asyncio.Semaphore, start: asyncio.Event
) -> Answer:
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, local_addr=(login.source, 0)
        )
    finally:
        connected.release()
    await start.wait()
    writer.write(login.request())
    told = await asyncio.wait_for(reader.read(), 120)
    writer.close()
    return _answer(told)


def _answer(told: bytes) -> Answer:
    lines = told.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    heads = [line.partition(": ") for line in lines[1:]]
    said = [value for name, _, value in heads if name.lower() == "set-cookie"]
    cookies = {pair[0]: pair[2] for each in said if (pair := each.partition(";")[0].partition("="))}
    waits = [value for name, _, value in heads if name.lower() == "retry-after"]
    return Answer(int(lines[0].split()[1]), cookies, waits[0] if waits else None)
