"""Keeps a program of Python's on this machine: Python imports this module at its start where the folder is in PYTHONPATH.

What it wanted to reach elsewhere is refused, and noted in the file that WENT_OUT names.
"""

import os
import sys
from typing import Any

LOCAL = ("127.0.0.1", "localhost", "::1", None, "", b"127.0.0.1", b"localhost")


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook (PEP 578)."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in LOCAL:
        with open(os.environ["WENT_OUT"], "a") as file:
            file.write(f"{host}\n")
        raise OSError(f"{host} is not on this machine")


sys.addaudithook(watch)
