"""What does it cost that `GET /` goes through the Worker, because the page shares its address with the API?

python -m bench.page_get [--rounds 9]
"""

import argparse
import asyncio
from pathlib import Path
from shutil import copyfile, copytree
from statistics import median
from tempfile import TemporaryDirectory

from bench import serving
from bench.load import Target, ratio, turns
from tools.pyodide_bundle import ROOT

REQUESTS = 100
THROUGH_THE_WORKER = "/"
STATIC = "/copy"  # of the page, under an address that is not the Worker's


async def measure(address: str, rounds: int) -> None:
    page, static = targets = [Target(path, address + path) for path in (THROUGH_THE_WORKER, STATIC)]
    if await page.body_received() != await static.body_received():
        raise RuntimeError("the two addresses do not give the same page")
    times: dict[Target, list[float]] = {target: [] for target in targets}
    for order in turns(targets, rounds):
        for target in order:
            times[target].append(await target.first_byte(REQUESTS))
    print(f"{'':28} {'first byte':>11} {'x static':>9}")
    for target, name in ((static, "static file"), (page, "the page, through the Worker")):
        print(f"{name:28} {median(times[target]) * 1000:8.2f} ms {ratio(times[target], times[static]):9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.page_get", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often each takes its turn (default: %(default)s)")
    rounds = parser.parse_args().rounds
    with TemporaryDirectory() as directory, serving.upstream() as base_url:
        assets = copytree(ROOT / "public", Path(directory) / "public")
        copyfile(assets / "index.html", assets / "copy.html")
        with serving.wrangler_dev(base_url, assets) as address:
            asyncio.run(measure(address, rounds))


if __name__ == "__main__":
    main()
