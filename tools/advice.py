"""What a person is told before a command begins, which goes on all the same: names that are no setting, tokens that have expired."""

import os
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches

from gateway.base.settings import READERS
from gateway.base.tokens import parse_tokens

ON_THE_LINE = "NAMES_ON_THE_LINE"
"""The variable in which make says which names stand on its command line."""

OF_MAKE = ("PYTHON", "SHELL")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
CLOSE = 0.65  # from here difflib takes a name for another one's misspelling
CERTAIN = 0.9  # and from here also among those of a shell, which has many names of others


def unknown(names: Iterable[str], known: Collection[str], place: str, *, close_only: bool = False) -> list[str]:
    """What to say of names that are no setting, in the order of the names.

    Parameters: `names`, as they were given; `known`, the names that mean something there; `place`, where they stand, such as
    "in .dev.vars"; `close_only`, whether a name that resembles none is somebody else's, and nothing to speak of.
    """
    sentences = []
    for name in names:
        if name in known:
            continue
        meant = get_close_matches(name.upper(), known, 1, CERTAIN if close_only else CLOSE)
        if not meant and close_only:
            continue
        if not NAME.fullmatch(name):  # a key or token that was put there without its name is not to be shown
            sentences.append(f"what stands {place} is not all NAME=value")
        else:
            sentences.append(f"{name} ({place}) is no setting" + (f"; did you mean {meant[0]}?" if meant else ""))
    return sentences


def names_on_the_line(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The names that stand on make's command line, but for those of make."""
    return [name for name in environment.get(ON_THE_LINE, "").split() if name not in OF_MAKE]


def unknown_to(known: Collection[str], environment: Mapping[str, str] = os.environ) -> list[str]:
    """What to say of make's command line and of the environment to a command for which `known` names mean something."""
    line = names_on_the_line(environment)
    others = [name for name in environment if name not in line and name not in READERS]
    return [
        *unknown(line, known, "on the line"),
        *unknown(others, known, "in the environment", close_only=True),
    ]


def expired(text: str, now: datetime | None = None) -> list[str]:
    """What to say of the entries of ACCESS_TOKENS that let nobody in any more. Of wrong ones the settings have the say."""
    try:
        tokens = parse_tokens(text)
    except ValueError:
        return []
    at = now or datetime.now(UTC)
    return [
        f"the access token of {token.label} expired at {token.expires:%Y-%m-%dT%H:%MZ}"
        for token in tokens
        if token.expires and token.expires <= at
    ]


def warn(command: str, sentences: Iterable[str]) -> None:
    """Say each of them at the terminal; `command`, what the person has typed."""
    for sentence in sentences:
        print(f"{command}: warning: {sentence}", file=sys.stderr, flush=True)
