"""`make bench`: every comparison in one run.

python -m bench [--only PART ...] [--rounds 7]
"""

import argparse
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

from bench import answers, forms, growth, judging, memory, pages, report, start, streams, upload, usage
from bench.figures import Parts, from_json, to_json
from tools.pyodide_bundle import ROOT

PARTS = {
    "answers": answers.measure,
    "streams": streams.measure,
    "forms": forms.measure,
    "usage": usage.measure,
    "judging": judging.measure,
    "growth": growth.measure,
    "start": start.measure,
    "upload": upload.measure,
    "pages": pages.measure,
    "memory": memory.measure,
}
ROUNDS = 7
OPEN_FILES = 8192
RESULTS = ROOT / "bench" / "results.json"
TABLE = ROOT / "bench" / "results.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Every comparison in one run.")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, metavar="PART", help=f"some parts, without writing a table: {', '.join(PARTS)}"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each takes its turn (default: %(default)s)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most), most))
    parts: Parts = {}
    started = time.monotonic()
    for name in options.only or PARTS:
        print(f"{time.monotonic() - started:5.0f} s  {name}", file=sys.stderr, flush=True)
        parts |= PARTS[name](options.rounds)
    header = _header(options.rounds)
    if not options.only:
        RESULTS.write_text(json.dumps({"header": header, "parts": to_json(parts)}, indent=1) + "\n")
    table = report.table(parts, header, _last_run())
    print(table)
    if not options.only:
        TABLE.write_text(table)


def _last_run() -> Parts | None:
    """The figures of the last run that was committed."""
    command = ["git", "show", "HEAD:bench/results.json"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return from_json(json.loads(shown.stdout)["parts"]) if shown.returncode == 0 else None


def _header(rounds: int) -> list[str]:
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    versions = {name: locked[f"node_modules/{name}"]["version"] for name in ("workerd", "pyodide")}
    portkey = json.loads((ROOT / "bench" / "gateways" / "package.json").read_text())["dependencies"]["@portkey-ai/gateway"]
    (litellm,) = (line for line in (ROOT / "bench" / "gateways" / "requirements.txt").read_text().splitlines() if line[0] != "#")
    runtime = f"workerd {versions['workerd']}, Pyodide {versions['pyodide']}"
    machine = f"{os.cpu_count()} cores ({platform.machine()})"
    return [
        f"`make bench`, {datetime.now(UTC):%Y-%m-%d}, {machine}, {rounds} rounds. {runtime}. LiteLLM is its proxy, {litellm}, with one "
        f"worker. Portkey is @portkey-ai/gateway {portkey}, plain forwarding.",
        "",
        "A cell gives how many times the value of the variant named under _beside_ this one has: the median of the ratios of the rounds, "
        "and in brackets the lowest and the highest. After it stands the median of the values, which says how fast this machine was.",
    ]


if __name__ == "__main__":
    main()
