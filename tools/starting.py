"""What the commands that run the Worker on this machine have in common: its settings, a port, and an end in good order."""

import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Collection
from typing import NoReturn

from dotenv import dotenv_values

from gateway.base.settings import READERS
from tools.advice import expired, unknown, unknown_to, warn
from tools.pyodide_bundle import ROOT
from tools.workerd import wrangler_toml


class CannotStart(Exception):
    """What stands in the way, as a sentence for the person at the terminal."""


def given_settings(command: str, own: Collection[str]) -> dict[str, str]:
    """The Worker's settings from .dev.vars and, before it, the environment, with a warning of what means nothing.

    Parameters: `command`, what the person has typed; `own`, the names of what is the command's own and stands outside of the file.
    """
    from_file = {name: value or "" for name, value in dotenv_values(ROOT / ".dev.vars", interpolate=False).items()}
    values = from_file | {name: os.environ[name] for name in READERS if name in os.environ}
    warn(command, unknown_to({*READERS, *own}))
    warn(command, unknown(from_file, READERS, "in .dev.vars"))
    warn(command, unknown(wrangler_toml().get("vars", {}), READERS, "in wrangler.toml"))
    warn(command, expired(values.get("ACCESS_TOKENS", "")))
    return values


def one_of(name: str, *choices: str) -> str:
    """The value of a variable in the environment, or nothing. Raises `CannotStart` for one that is none of the choices."""
    text = os.environ.get(name, "")
    if text not in ("", *choices):
        raise CannotStart(f"{name}: expected {' or '.join(choices)}, or nothing")
    return text


def usable_port(text: str, command: str, host: str = "127.0.0.1") -> int:
    """The TCP port of that number, or any for "0".

    Parameters: `command`, what the person has typed, for the advice; `host`, the IP address of this machine to listen at.
    Raises `CannotStart` where nothing can listen there.
    """
    if not text.isdecimal():
        raise CannotStart("PORT is not a number")
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(text)))
        except (OSError, OverflowError):
            advice = f"perhaps because something runs there: {command} PORT=8788"
            raise CannotStart(f"port {text} cannot be used, {advice}") from None
        port: int = probe.getsockname()[1]
        return port


def end_in_order() -> None:
    """Let the signals that end a program run its clean-up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)


def _stop(number: int, _frame: object) -> NoReturn:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # one is enough: the clean-up is not to be cut short
    sys.exit(128 + number)
