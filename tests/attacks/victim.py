"""The sibling that a hostile notebook goes for: sockets of every kind, something in memory, a signal counter.

Prints where everything is as JSON; survives SIGUSR1.
Ends when its stdin closes.
"""

import ctypes
import http.server
import json
import os
import signal
import socket
import sys
import threading

folder = sys.argv[1]
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
kept = []


def listen(family: int, kind: int, address: object) -> object:
    opened = socket.socket(family, kind)
    opened.bind(address)
    if kind == socket.SOCK_STREAM:
        opened.listen(16)
    kept.append(opened)
    return opened.getsockname()


abstract = f"sandbox-victim-{os.getpid()}"
web = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=web.serve_forever, daemon=True).start()
memory = ctypes.create_string_buffer(b"SIBLINGS", 16)
listen(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + abstract)
listen(socket.AF_UNIX, socket.SOCK_STREAM, folder + "/u")
listen(socket.AF_UNIX, socket.SOCK_DGRAM, folder + "/d")
print(
    json.dumps(
        {
            "sibling": os.getpid(),
            "tcp": listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))[1],
            "udp": listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))[1],
            "http": web.server_address[1],
            "abstract": abstract,
            "unix": folder + "/u",
            "datagram": folder + "/d",
            "address": ctypes.addressof(memory),
        }
    ),
    flush=True,
)
sys.stdin.read()
