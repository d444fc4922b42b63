"""A model server that takes its time for every answer and nothing else: asyncio, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

from viewer.core.formats.keyframeface import reply_text

VALUES = [0.1 * (k % 7) for k in range(52)] + [0.0] * 9


def answer() -> bytes:
    """A streamed completion in the paper's format, as the bytes of a response."""
    text = reply_text(VALUES, 1)
    pieces = [text[at : at + 64] for at in range(0, len(text), 64)]
    events = [{"choices": [{"delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})  # type: ignore[dict-item]
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    body += b"data: [DONE]\n\n"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def main(seconds: float) -> None:
    """Serve until standard input ends; the first line of output is the port."""
    whole = answer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                await asyncio.sleep(seconds)
                writer.write(whole)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
