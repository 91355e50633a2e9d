"""A server of our own on 127.0.0.1 that breaks off, forgets ranges or lacks files as a test needs."""

from __future__ import annotations

import hashlib
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

CONTENT = bytes(range(256)) * 40


class Server(BaseHTTPRequestHandler):
    """Serves CONTENT under every name but /gone; breaks off after ``stop_at`` bytes; knows ranges if ``ranges``."""

    stop_at: ClassVar[int | None] = None
    ranges: ClassVar[bool] = True
    requests: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        requested_range = self.headers.get("Range")
        self.requests.append((self.path, requested_range))
        if self.path.endswith("gone"):
            self.send_error(404)
            return
        start = int(requested_range.removeprefix("bytes=").rstrip("-")) if requested_range and self.ranges else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if requested_range and self.ranges else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : self.stop_at])

    def log_message(self, *_args: Any) -> None:
        pass


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
