"""A program that takes one task a line and answers each with a line, both JSON."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tools.upstream.frames import Json

END_SECONDS = 10


class Lines:
    """The program, while it runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, task: Json) -> Json:
        """The outcome of a task: a `value`, or an `error`."""
        _pipe(self._process.stdin).write(json.dumps(task) + "\n")
        _pipe(self._process.stdin).flush()
        line = _pipe(self._process.stdout).readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended; its error is above")
        outcome: Json = json.loads(line)
        return outcome


@contextmanager
def answering(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Iterator[Lines]:
    """Run a program until its tasks have come to an end. Raises `subprocess.TimeoutExpired` where it does not end then."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=pipe, stdout=pipe, text=True, encoding="utf-8") as process:
        try:
            yield Lines(process)
        finally:
            _pipe(process.stdin).close()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _pipe(pipe: IO[Any] | None) -> IO[Any]:
    assert pipe
    return pipe
