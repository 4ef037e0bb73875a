"""
The forward proxy: the way clients that know only Azure's real host names get here.

In:  `CONNECT host:443`. Out: a tunnel to the TLS listener, when the host is Azure's in any cloud;
     403 naming the host otherwise. Nothing else is proxied, so nothing ever leaves the machine.
"""

import asyncio
import socket
from http import HTTPStatus

from tests.simulator.clouds import of_host


class Proxy:
    """Tunnels to one TLS listener on loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection, from its first line to its end."""
        self._open.add(writer)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away or did not speak HTTP
        finally:
            self._open.discard(writer)
            writer.close()

    async def close(self) -> None:
        """End every open tunnel; each ends by itself once its client's side is gone."""
        for writer in list(self._open):
            writer.transport.abort()
        while self._open:
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        target = rest.split(" ")[0]
        host, _, port = target.rpartition(":")
        if method != "CONNECT":
            await _refuse(writer, HTTPStatus.METHOD_NOT_ALLOWED, "Only CONNECT is served here.")
            return
        if port != "443" or of_host(host) is None:
            await _refuse(
                writer,
                HTTPStatus.FORBIDDEN,
                f"{target} is no host of Azure this simulator stands in for.",
            )
            return
        inner_reader, inner = await asyncio.open_connection("127.0.0.1", self._port)
        no_delay(writer)
        no_delay(inner)
        writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
        await writer.drain()
        try:
            await asyncio.gather(_pump(reader, inner), _pump(inner_reader, writer))
        finally:
            inner.close()


def no_delay(writer: asyncio.StreamWriter) -> None:
    wire: socket.socket = writer.get_extra_info("socket")
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes one way until either side closes; then the other side is closed as well."""
    try:
        while chunk := await reader.read(64 * 1024):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _refuse(writer: asyncio.StreamWriter, status: HTTPStatus, why: str) -> None:
    body = why.encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
