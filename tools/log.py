"""The Worker's log as a person reads it: one line a request."""

import json
import re
from datetime import datetime
from typing import Any

_COLOURS = {2: "32", 3: "36", 4: "33", 5: "31"}
# wrangler's own line for each request, of which the Worker's says more; the page's files have no other.
_OF_WRANGLER = re.compile(r"(?:\x1b\[[\d;]*m)*\[wrangler:info\](?:\x1b\[[\d;]*m)* [A-Z]+ /\S* \d{3} ")


def readable(line: str, now: datetime, *, coloured: bool) -> str | None:
    """What to show of a line of `wrangler dev`.

    Parameters: `line`, without its end; `now`, for the time; `coloured`, whether the terminal shows colours.
    Returns the line itself where it is no request's, and None where it says what another says.
    """
    if _OF_WRANGLER.match(line):
        return None
    entry = _entry(line)
    if entry is None:
        return line
    if entry.get("event") == "answer_ended":
        return _ended(entry, now)
    if entry.get("event") == "answer_judged":
        return _judged(entry, now)
    if not {"request_id", "method", "path"} <= entry.keys():
        return line
    status = entry.get("status", "left")
    if coloured:
        colour = _COLOURS.get(status // 100, "0") if isinstance(status, int) else "33"
        status = f"\x1b[{colour}m{status}\x1b[0m"
    what = [entry.get("code"), entry.get("model"), entry.get("error"), *entry.get("at", ())[-1:]]
    parts = [f"{now:%H:%M:%S}", status, entry["method"], entry["path"], *what, f"{entry.get('ms')} ms"]
    parts += [entry.get("identity"), entry["request_id"]]
    return _line(*parts)


def _ended(entry: dict[str, Any], now: datetime) -> str:
    about = "about " if entry.get("estimated") else ""
    tokens = f"{about}{entry.get('prompt_tokens')} + {entry.get('completion_tokens')} tokens"
    cost = entry.get("cost_usd")
    parts = [f"{now:%H:%M:%S}", entry.get("outcome"), entry.get("model"), entry.get("finish_reason"), tokens]
    parts += [None if cost is None else f"${cost:.6f}", f"{entry.get('ms')} ms", entry.get("identity"), entry.get("request_id")]
    return _line(*parts)


def _judged(entry: dict[str, Any], now: datetime) -> str:
    parts = [f"{now:%H:%M:%S}", entry.get("verdict"), *entry.get("categories", ()), entry.get("model"), f"{entry.get('ms')} ms"]
    return _line(*parts, entry.get("identity"), entry.get("request_id"))


def _line(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part is not None)


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
