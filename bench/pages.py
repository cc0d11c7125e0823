"""What is not chat: the page, the list of models and the configuration, beside the least that could answer them."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile, copytree
from tempfile import TemporaryDirectory

import httpx

from bench import serving
from bench.figures import Figure, Parts
from bench.load import Target, press, press_in_turns
from bench.serving import OURS
from bench.workerd import WORKERS, Worker
from bench.workerd import serving as run
from tools.pyodide_bundle import ROOT

COPY = "/copy"  # of the page, under an address that is not the Worker's
PAGE = "GET /"
FILE = "the same page as a static file"
CONSTANTS = {f"GET {path}": (path, f"{path}, constant, in JavaScript") for path in ("/v1/models", "/api/config")}
BESIDE = {PAGE: FILE, **{name: constant for name, (_, constant) in CONSTANTS.items()}}
CONNECTIONS = 8
SECONDS = 0.6


def measure(rounds: int) -> Parts:
    with ExitStack() as stack:
        upstream = stack.enter_context(serving.upstream())
        assets = copytree(ROOT / "public", Path(stack.enter_context(TemporaryDirectory())) / "public")
        copyfile(assets / "index.html", assets / "copy.html")
        made = serving.worker(OURS, upstream)
        ours = stack.enter_context(run(Worker(made.code, made.settings, assets=assets)))
        texts = {path: _text(ours.address + path) for path, _ in CONSTANTS.values()}
        if _text(f"{ours.address}/") != _text(ours.address + COPY):
            raise RuntimeError("the two addresses do not give the same page")
        constant = stack.enter_context(run(Worker(WORKERS / "constant.js", texts)))
        targets = [Target(FILE, ours.pid, ours.address + COPY), Target(PAGE, ours.pid, f"{ours.address}/")]
        for name, (path, beside) in CONSTANTS.items():
            targets += [Target(beside, constant.pid, constant.address + path), Target(name, ours.pid, ours.address + path)]
        return asyncio.run(_measure(targets, rounds))


async def _measure(targets: list[Target], rounds: int) -> Parts:
    cpu = Figure("CPU a request", "µs", BESIDE)
    rate = Figure("answers/s", "", BESIDE, more_is_better=True)
    first_byte = Figure("first byte", "ms", BESIDE)
    async for target, load in press_in_turns(targets, rounds, CONNECTIONS, SECONDS):
        cpu.add(target.name, load.cpu * 1e6)
        rate.add(target.name, load.rate)
        first_byte.add(target.name, (await press(target, 1, SECONDS)).first_byte * 1e3)
    return {f"The page, models and configuration, {CONNECTIONS} connections": [cpu, rate, first_byte]}


def _text(url: str) -> str:
    answer = httpx.get(url)
    answer.raise_for_status()
    return answer.text
