"""Request bodies for fuzzing: like real ones, with something odd in them."""

import json
from typing import Any

from hypothesis import strategies as st

MODELS = ["demo/friendly", "demo/a", "meta-llama/Llama-3.3-70B-Instruct", "other/x", "demo/\ud800", "DEMO/a", "m" * 201, ""]
ROLES = ["user", "assistant", "tool", "function", "system", "developer", "System", "root", ""]
NUMBERS = [0, 1, 2, 49, 50, 51, 10**30, -1, 1.5, 1e300]

texts = st.text(max_size=30) | st.sampled_from(["", "\ud800", '"}],"stream":false,[{', "\u2028", "x" * 300])
scalars = st.none() | st.booleans() | st.sampled_from(NUMBERS) | texts
anything: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
messages = st.fixed_dictionaries(
    {"role": st.sampled_from(ROLES[:4]) | st.sampled_from(ROLES)},
    optional={"content": texts | anything, "name": texts, "x": anything},
)
requests = st.fixed_dictionaries(
    {"messages": st.lists(messages, min_size=1, max_size=6)},
    optional={
        "model": st.sampled_from(MODELS),
        "stream": st.booleans() | anything,
        "n": st.sampled_from(NUMBERS),
        "best_of": st.sampled_from(NUMBERS),
        "max_tokens": st.sampled_from(NUMBERS) | anything,
        "max_completion_tokens": st.sampled_from(NUMBERS) | st.none(),
        "tools": anything,
    },
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A request as text, mostly well-formed, with up to three edits of its bytes or members."""
    request = draw(requests)
    if draw(st.booleans()):
        request[draw(st.sampled_from([*request, "extra"]))] = draw(anything)
    text = json.dumps(request, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))).encode(
        "utf-8", "replace"
    )
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        text = _edited(draw, text)
    return text


def _edited(draw: st.DrawFn, text: bytes) -> bytes:
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 20)))
    edit = draw(st.sampled_from(["insert", "delete", "repeat", "escape", "nest"]))
    part = text[start:end]
    if edit == "insert":
        odd = [
            b",",
            b"{",
            b"}",
            b"[",
            b'"',
            b"\\",
            b"\x00",
            b"\xff",
            b"NaN",
            b"1e999",
            b'"stream":false,',
            b'"model":"other/x",',
            b"9" * 5000,
        ]
        part = draw(st.sampled_from(odd)) + part
    elif edit == "delete":
        part = b""
    elif edit == "repeat":
        part *= 2
    elif edit == "escape":
        part = b"".join(b"\\u%04x" % byte for byte in part)
    else:
        part = b"[" * draw(st.sampled_from([5, 99, 5_000])) + part
    return text[:start] + part + text[end:]
