"""How deep a JSON text is nested, and of how many tokens it is made, known before it is parsed.

`json` recurses on the WebAssembly stack, whose overflow ends the isolate with all its open streams: no `except` catches it. And it makes
of three bytes, `{},`, an object of a hundred: what takes a moment and a megabyte to send would stop the isolate for seconds.
"""

import itertools
import json
import re
from typing import Any

MAX_DEPTH = 100
MAX_TOKENS = 300_000
"""Brackets, commas and strings: parsed, at most 30 MB of an isolate's 128, in less than half a second."""

# A string, closed or not, or a bracket or comma. Possessive, so that no input makes it go back over what it has read.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)


def too_deep(text: str) -> bool:
    """Whether brackets outside of strings nest deeper than `MAX_DEPTH` before the first place where `text` is no JSON."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in "]}":
            depth -= 1
    return False


def json_object(text: str) -> dict[str, Any]:
    """The JSON object that `text` is; an empty one for anything else, and for one that is nested too deep to be read."""
    try:
        value = {} if too_deep(text) else json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def too_many_tokens(text: str) -> bool:
    """Whether `text` has more than `MAX_TOKENS` brackets, commas and strings; commas and brackets within strings do not count."""
    if len(text) <= MAX_TOKENS or sum(map(text.count, '[]{},"')) <= MAX_TOKENS:
        return False
    return next(itertools.islice(_TOKEN.finditer(text), MAX_TOKENS, None), None) is not None
