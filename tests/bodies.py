"""Request bodies for fuzzing: like real ones, with something odd in them."""

import json
from random import Random
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


VARIANTS = 4
ODD = (
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
)


@st.composite
def bodies(draw: st.DrawFn) -> list[bytes]:
    """A request as text, and variants of it with one to three edits of its bytes each."""
    request = draw(requests)
    if draw(st.booleans()):
        request[draw(st.sampled_from([*request, "extra"]))] = draw(anything)
    text = json.dumps(request, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))).encode(
        "utf-8", "replace"
    )
    random = Random(draw(st.integers(0, 2**32)))
    variants = [text]
    for _ in range(VARIANTS):
        variant = text
        for _ in range(random.choice((1, 1, 3))):
            variant = _edited(random, variant)
        variants.append(variant)
    return variants


def _edited(random: Random, text: bytes) -> bytes:
    start = random.randint(0, len(text))
    end = random.randint(start, min(len(text), start + 20))
    part = text[start:end]
    replacements = (
        random.choice(ODD) + part,
        b"",
        part * 2,
        b"".join(b"\\u%04x" % byte for byte in part),
        b"[" * random.choice((5, 99, 5_000)) + part,
    )
    return text[:start] + random.choice(replacements) + text[end:]
