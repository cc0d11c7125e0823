"""How deep a JSON text is nested, known before it is parsed.

`json` recurses on the WebAssembly stack, whose overflow ends the isolate with all its open streams: no `except` catches it.
"""

import re

MAX_DEPTH = 100

# A string, closed or not, or one bracket. Possessive, so that no input makes it go back over what it has read.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def too_deep(text: str) -> bool:
    """Whether brackets outside of strings nest deeper than `MAX_DEPTH` before the first place where `text` is no JSON."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in "]}":
            depth -= 1
    return False
