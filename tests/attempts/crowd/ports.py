"""Ports of servers that tests start."""

import socket
import time


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def wait_for(port: int, *, seconds: float = 30) -> None:
    """Wait until somebody listens. Raises TimeoutError."""
    for _ in range(int(seconds * 20)):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")
