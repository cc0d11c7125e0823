"""Child processes that leave nothing behind, and a port for each."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import httpx

GRACE_SECONDS = 5
START_SECONDS = 120


class NotStarted(Exception):
    """A program ended, or its time was over, before it was ready."""


def free_port() -> int:
    """A TCP port of this machine at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    keep: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in a process group of its own and end the whole group on leaving: TERM, and KILL for what remains.

    Parameters: `output`, where its standard output and error go; None for this process's own; `keep`, descriptors of this process's
    files that stay open in it.
    """
    errors = None if output is None else subprocess.STDOUT
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
        pass_fds=keep,
    )
    try:
        yield process
    finally:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Ask `ready` again and again until it holds; raises `NotStarted` when `process` ends first, or after `START_SECONDS`."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise NotStarted("the program ended before it was ready")
        if time.monotonic() > deadline:
            raise NotStarted(f"the program was not ready within {START_SECONDS} s")
        time.sleep(0.05)


def wait_until_answered(url: str, process: subprocess.Popen[bytes]) -> httpx.Response:
    """Wait until `process` answers a GET of `url`, with whatever status; returns the answer. Raises `NotStarted`."""
    answers: list[httpx.Response] = []

    def answered() -> bool:
        with contextlib.suppress(httpx.TransportError):
            answers.append(httpx.get(url, timeout=START_SECONDS))
        return bool(answers)

    wait_until(answered, process)
    return answers[0]


def _signal_group(group: int, number: int) -> None:
    # EPERM is macOS's word for a group of which only a dead leader is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
