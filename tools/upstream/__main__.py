"""Run the demo upstream until SIGINT or SIGTERM: `python -m tools.upstream --port 9950`."""

import argparse
import signal
import threading
import time

from tools.upstream.calls import Call
from tools.upstream.server import HUMAN_PACE, DemoUpstream


def report(call: Call) -> None:
    """One line for a call that has ended."""
    print(f"{time.strftime('%H:%M:%S')} {call.method} {call.path} {call.status} {call.state}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.upstream", description="An OpenAI-compatible server with no model behind it."
    )
    parser.add_argument("--port", type=int, default=9950, help="0 for a free one (default: %(default)s)")
    parser.add_argument("--pace", type=float, default=HUMAN_PACE, help="seconds between two tokens (default: %(default)s)")
    parser.add_argument("--quiet", action="store_true", help="do not write a line for each call")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with DemoUpstream(options.port, pace=options.pace, on_end=None if options.quiet else report) as upstream:
        print(f"demo upstream on {upstream.base_url} (no model is behind it)", flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
