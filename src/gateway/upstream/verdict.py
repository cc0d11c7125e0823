"""What a guard says."""

import re
from typing import Literal, NamedTuple

Word = Literal["safe", "unjudged", "unsafe"]

_CATEGORY = re.compile(r"[A-Z]{1,3}[0-9]{1,3}")


class Verdict(NamedTuple):
    """`word` is `unjudged` where the guard gave no verdict; `categories`, such as S1, are of what is unsafe."""

    word: Word
    categories: tuple[str, ...] = ()


SAFE = Verdict("safe")
UNJUDGED = Verdict("unjudged")


def read(text: str) -> Verdict:
    """What a guard of Llama Guard's kind answers: `safe`, or `unsafe` and on a second line its categories; anything else is no verdict.

    Only what looks like a category is one: a guard is a model, and might say again what it has read.
    """
    word, *others = text.split() or [""]
    if word.lower() == "unsafe":
        return Verdict("unsafe", tuple(filter(_CATEGORY.fullmatch, ",".join(others).split(","))))
    return SAFE if word.lower() == "safe" else UNJUDGED
