"""From the start of the process to the first answer, complete; with and without the memory snapshot that a deployment starts from."""

import http.client
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import serving
from bench.answers import QUESTION
from bench.figures import Figure, Parts, turns
from bench.serving import OURS
from bench.workerd import HELLO, HELLO_JAVASCRIPT, Configuration, Worker, configure
from tools import workerd
from tools.processes import running, wait_until
from tools.pyodide_bundle import ROOT

PYTHON = "Python that says hello"
JAVASCRIPT = "JavaScript that says hello"
BESIDE = {OURS: PYTHON, JAVASCRIPT: PYTHON}
TRY_AGAIN_SECONDS = 0.001  # what is measured takes 30 ms at the least
LONGEST_SECONDS = 60


@dataclass(frozen=True)
class Startable:
    """A Worker's configuration, and the options that workerd starts with."""

    name: str
    config: Configuration
    options: Sequence[str] = ()


def measure(rounds: int) -> Parts:
    cold = Figure("first answer", "ms", BESIDE)
    warm = Figure("first answer, from a snapshot", "ms", BESIDE)
    with serving.upstream() as upstream, ExitStack() as stack:
        workers = {JAVASCRIPT: Worker(HELLO_JAVASCRIPT, {}), PYTHON: Worker(HELLO, {}), OURS: serving.worker(OURS, upstream)}
        plain = [stack.enter_context(_prepared(name, worker)) for name, worker in workers.items()]
        from_snapshot = [stack.enter_context(_with_snapshot(name, workers[name])) for name in (PYTHON, OURS)]
        for order in turns([(cold, each) for each in plain] + [(warm, each) for each in from_snapshot], rounds):
            for figure, startable in order:
                figure.add(startable.name, seconds_to_first_answer(startable) * 1e3)
    return {"Process start to first answer": [cold, warm]}


def seconds_to_first_answer(startable: Startable) -> float:
    """Start workerd and ask a chat; returns the seconds until the end of its answer."""
    with (startable.config.path.parent / "output.log").open("wb") as output:
        started = time.perf_counter()
        with running([*workerd.COMMAND, *startable.options, str(startable.config.path)], cwd=ROOT, output=output):
            while time.perf_counter() < started + LONGEST_SECONDS:
                connection = http.client.HTTPConnection("127.0.0.1", startable.config.port, timeout=LONGEST_SECONDS)
                try:
                    connection.request("POST", "/v1/chat/completions", QUESTION, {"content-type": "application/json"})
                    answer = connection.getresponse()
                    answer.read()
                except ConnectionRefusedError:
                    time.sleep(TRY_AGAIN_SECONDS)  # nothing tells when a port begins to listen
                    continue
                finally:
                    connection.close()
                if answer.status != 200:
                    raise RuntimeError(f"{startable.name} answered with {answer.status}")
                return time.perf_counter() - started
    raise RuntimeError(f"{startable.name} did not answer within {LONGEST_SECONDS} s")


@contextmanager
def _prepared(name: str, worker: Worker) -> Iterator[Startable]:
    with TemporaryDirectory(dir=ROOT / ".build") as directory:
        yield Startable(name, configure(Path(directory), worker))


@contextmanager
def _with_snapshot(name: str, worker: Worker) -> Iterator[Startable]:
    with _prepared(name, replace(worker, flags=["python_dedicated_snapshot"])) as prepared:
        directory = prepared.config.path.parent
        snapshots = f"--python-snapshot-dir={directory}"
        command = [*workerd.COMMAND, "--python-save-snapshot", snapshots, str(prepared.config.path)]
        with (directory / "output.log").open("wb") as output, running(command, cwd=ROOT, output=output) as process:
            wait_until((directory / "snapshot.bin").exists, process)
        yield replace(prepared, options=["--python-load-snapshot=snapshot.bin", snapshots])
