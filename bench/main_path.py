"""What does the way through the Worker cost, beside the direct way and beside the same job as a JavaScript Worker?

python -m bench.main_path [--rounds 9]
"""

import argparse
import asyncio
import json
from statistics import median

from bench import serving
from bench.load import Target, ratio, turns
from bench.upstream import SAMPLE

CONNECTIONS = 8
REQUESTS = 400
REQUESTS_ONE_BY_ONE = 100
QUESTION = {"messages": [{"role": "user", "content": "What is streaming?"}], "temperature": 0.7, "max_tokens": 200}


async def measure(targets: list[Target], rounds: int) -> None:
    for target in targets:
        if await target.body_received() != SAMPLE.read_bytes():
            raise RuntimeError(f"{target.name} does not give the upstream's bytes")
        await target.rate(REQUESTS, CONNECTIONS)  # warms it up
    first_bytes: dict[str, list[float]] = {target.name: [] for target in targets}
    rates: dict[str, list[float]] = {target.name: [] for target in targets}
    for order in turns(targets, rounds):
        for target in order:
            first_bytes[target.name].append(await target.first_byte(REQUESTS_ONE_BY_ONE))
        for target in order:
            rates[target.name].append(await target.rate(REQUESTS, CONNECTIONS))
    direct, _, javascript = (target.name for target in targets)
    print(f"{'':12} {'first byte':>11} {'x direct':>9} {'answers/s':>10} {'x JavaScript':>13}")
    for name, first_byte in first_bytes.items():
        print(
            f"{name:12} {median(first_byte) * 1000:8.2f} ms {ratio(first_byte, first_bytes[direct]):9.2f} "
            f"{median(rates[name]):10.0f} {ratio(rates[name], rates[javascript]):13.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.main_path", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often each takes its turn (default: %(default)s)")
    rounds = parser.parse_args().rounds
    body = json.dumps(QUESTION).encode()
    with serving.upstream() as base_url, serving.workerd(base_url, "python", "javascript") as (_, (python, javascript)):
        targets = [
            Target(name, f"{address}/chat/completions", body)
            for name, address in (("direct", base_url), ("Python", f"{python}/v1"), ("JavaScript", f"{javascript}/v1"))
        ]
        asyncio.run(measure(targets, rounds))


if __name__ == "__main__":
    main()
