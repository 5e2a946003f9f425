# Copyright (c) 2026 ActiveProLearn toolsync contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that throws away what it is sent as fast as it can, and answers as upload.php does: python sink.py PORT_FILE."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

ANSWER = json.dumps([{"filename": "big.csv", "filepath": "/", "itemid": 1}]).encode()


def serve(connection, buffer):
    """Answer all requests of a connection."""
    while True:
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(65536)
            if not more:
                return
            head += more
        lines, _end, begun = head.partition(b"\r\n\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines.split(b"\r\n")[1:])
        if headers.get(b"expect"):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        left = int(headers.get(b"content-length", 0)) - len(begun)
        while left > 0:
            left -= connection.recv_into(buffer, min(left, len(buffer)))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    Path(sys.argv[1]).write_text(str(listener.getsockname()[1]))
    buffer = memoryview(bytearray(1 << 20))
    while True:
        connection, _address = listener.accept()
        with connection:
            serve(connection, buffer)


if __name__ == "__main__":
    main()
