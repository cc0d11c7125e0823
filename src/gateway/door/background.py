"""Work that goes on behind an answer, and has no answer to fail."""

import asyncio
import json
from collections.abc import Coroutine

from pyodide.ffi import create_proxy
from workers import wait_until


def in_background(work: Coroutine[object, object, object], failure: str, **names: object) -> None:
    """Do `work` without letting the client wait for it.

    Parameters: `failure`, the event that the log names where the work fails, which changes nothing else; `names`, what the log line has
    beside it.
    """
    wait_until(create_proxy(asyncio.ensure_future(_logged(work, failure, names))))


async def _logged(work: Coroutine[object, object, object], failure: str, names: dict[str, object]) -> None:
    try:
        await work
    except Exception as error:  # its own text may quote what is nobody's business
        print(json.dumps({"level": "error", "event": failure, "error": type(error).__name__, **names}))
