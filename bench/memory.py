"""Does memory level off over many requests, and what do clients leave behind that reset before their answer begins?

python -m bench.memory [--requests 30000] [--resets 4000]
"""

import argparse
import asyncio
import json
from collections.abc import Iterator
from tempfile import TemporaryFile

import psutil

from bench import serving
from bench.load import Connection

CONNECTIONS = 8
STEPS = 6
RESET_SECONDS = 0.02  # by then the Worker waits for the upstream

MESSAGE = {"role": "user", "content": "What is streaming?"}
SHORT = json.dumps({"messages": [MESSAGE], "max_tokens": 200}).encode()
LONG = json.dumps({"messages": [{**MESSAGE, "content": "Words, and more of them. " * 4_000}]}).encode()
BROKEN = b'{"messages": [{"role": "user"'
SILENT = json.dumps({"messages": [MESSAGE], "model": "silent"}).encode()
MIX = [(SHORT, 200)] * 7 + [(LONG, 200)] + [(BROKEN, 400), (b'{"messages": []}', 400)]
"""What is asked in turn, and the status that it gets: of ten requests, seven short ones, one of 100 kB, and two that are refused."""


async def ask(url: str, requests: int) -> None:
    """Ask `requests` of the mix, over `CONNECTIONS` for each of its kinds."""
    each = requests // (CONNECTIONS * len(MIX))

    async def one(number: int) -> None:
        connections = [(await Connection.open(url, body), status) for body, status in MIX]
        for turn in range(each * len(MIX)):
            connection, status = connections[(turn + number) % len(MIX)]
            await connection.ask(status)
        for connection, _ in connections:
            await connection.aclose()

    await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))


async def reset(url: str, requests: int) -> None:
    """Ask a model that is silent, and reset before the answer's head, `requests` times."""

    async def one() -> None:
        for _ in range(requests // CONNECTIONS):
            await (await Connection.open(url, SILENT)).ask_and_reset(RESET_SECONDS)

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


def grow(name: str, base_url: str, requests: int, resets: int) -> Iterator[tuple[str, float]]:
    """Run the Worker `name` alone; gives what was asked of it, and then its resident memory in MB, step by step."""
    with TemporaryFile() as output, serving.workerd(base_url, name, output=output) as (pid, (address,)):
        url, process = f"{address}/v1/chat/completions", psutil.Process(pid)

        def resident() -> float:
            return float(process.memory_info().rss) / 1e6

        yield "start", resident()
        for step in range(1, STEPS + 1):
            asyncio.run(ask(url, requests // STEPS))
            yield f"{requests // STEPS * step} requests", resident()
        for step in (1, 2):
            asyncio.run(reset(url, resets))
            yield f"+ {resets * step} resets", resident()
        asyncio.run(ask(url, requests // STEPS))
        yield f"+ {requests // STEPS} requests", resident()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--requests", type=int, default=30_000)
    parser.add_argument("--resets", type=int, default=4_000)
    options = parser.parse_args()
    with serving.upstream() as base_url:
        print(f"{'resident memory in MB':24} {'JavaScript':>11} {'Python':>8}")
        workers = (grow(name, base_url, options.requests, options.resets) for name in ("javascript", "python"))
        for (what, javascript), (_, python) in zip(*workers, strict=True):
            print(f"{what:24} {javascript:11.0f} {python:8.0f}", flush=True)


if __name__ == "__main__":
    main()
