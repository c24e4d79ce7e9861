"""The ways to log in of `tests.attempts.urls`, and a hasher that tells what was hashed."""

import base64

from django.contrib.auth.hashers import BasePasswordHasher


class CountingHasher(BasePasswordHasher):
    """A hasher that is quick, and counts."""

    algorithm = "counting"
    verified: list[str] = []
    hashed: list[str] = []

    @classmethod
    def forget(cls):
        cls.verified.clear()
        cls.hashed.clear()

    def salt(self):
        return "salt"

    def encode(self, password, salt):
        self.hashed.append(password)
        return f"counting$salt${password[::-1]}"

    def decode(self, encoded):
        return {"algorithm": "counting", "salt": "salt"}

    def verify(self, password, encoded):
        self.verified.append(password)
        return encoded == f"counting$salt${password[::-1]}"

    def must_update(self, encoded):
        return False

    def harden_runtime(self, password, encoded):
        pass


def basic(client, password, name="ann", **more):
    word = base64.b64encode(f"{name}:{password}".encode()).decode()
    return client.get("/api/whoami/", headers={"authorization": f"Basic {word}"}, **more)


def post(path):
    def attempt(client, password, name="ann", **more):
        return client.post(path, {"username": name, "password": password}, **more)

    return attempt


WAYS = {
    "login": (post("/login/"), 200),
    "admin": (post("/admin/login/"), 200),
    "token": (post("/api/token/"), 400),
    "basic": (basic, 401),
    "plain": (post("/plain/"), 400),
    "async": (post("/async/"), 401),
    "guarded": (post("/guarded/"), 401),
}
