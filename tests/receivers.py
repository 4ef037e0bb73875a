"""
Where messages arrive: chats, pagers, webhooks and mail on this machine.

In:  what the real notification library sends.
Out: Letters, in the order they came.

The services' own https hosts are reached through a proxy on loopback that answers for any host
with a certificate of its own authority; whoever sends must be told of both (`env`).
"""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import trustme


@dataclass(frozen=True)
class Letter:
    """One message as it came: the host it was sent to, the path, what it said, and who sent it."""

    host: str
    path: str
    content: bytes
    authorization: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Post:
    """A webhook's server, and a proxy for everybody else's. `answer` is the status it gives, with
    the `words`; 0: it takes the message and never answers."""

    folder: Path
    letters: list[Letter] = field(default_factory=list)
    answer: int = 200
    words: str = "ok"
    refused: set[str] = field(default_factory=set)  # hosts that answer 500

    def __post_init__(self) -> None:
        self._authority = trustme.CA()
        self.authority = self.folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.authority))
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> "Iterator[Post]":
        post = cls(folder)
        try:
            yield post
        finally:
            post.close()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    @property
    def env(self) -> dict[str, str]:
        """What a sender must be told to reach the services here."""
        return {
            "HTTPS_PROXY": f"http://{self.place}",
            "NO_PROXY": "127.0.0.1",
            "REQUESTS_CA_BUNDLE": str(self.authority),
        }

    def close(self) -> None:
        self._server.close()
        for one in self._open:
            one.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._server.accept()
                self._open.append(line)
                threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with suppress(OSError, ValueError):
            method, path, headers, body = _request(line)
            host = self.place
            if method == "CONNECT":
                host = path.split(":")[0]
                line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._authority.issue_cert(host).configure_cert(context)
                line = context.wrap_socket(line, server_side=True)
                method, path, headers, body = _request(line)
            self.letters.append(Letter(host, path, body, headers.get("authorization", "")))
            self._answer(line, host)

    def _answer(self, line: socket.socket, host: str) -> None:
        if self.answer == 0:
            return
        status = 500 if host in self.refused else self.answer
        head = f"HTTP/1.1 {status} Told\r\nContent-Length: {len(self.words)}\r\n"
        line.sendall(f"{head}Connection: close\r\n\r\n{self.words}".encode())
        line.close()


def _request(line: socket.socket) -> tuple[str, str, dict[str, str], bytes]:
    """One request; its body is read whole."""
    held = b""
    while b"\r\n\r\n" not in held:
        if not (more := line.recv(65536)):
            raise ValueError("cut")
        held += more
    head, _, body = held.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): text.strip() for name, _, text in (one.partition(":") for one in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += line.recv(65536)
    return method, path, headers, body


class Mailbox:
    """A mail server; what it was handed."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


@contextmanager
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    from aiosmtpd.controller import Controller

    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()
