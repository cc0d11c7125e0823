"""`make token LABEL=alice`: a new access token, shown once, and the entry of ACCESS_TOKENS that knows it.

EXPIRES=2027-01-31 lets it expire, MODELS='meta-llama/*|org/name' limits it to some models. ROLE=owner lets it see what all use.
FILE=.dev.vars adds the entry there.
"""

import os
import re
import secrets
import sys
from pathlib import Path

from gateway.base.tokens import digest, parse_tokens
from tools.advice import expired, unknown_to, warn
from tools.tokens import CannotChange, add

PREFIX = "ionet_"
RANDOM_BYTES = 32
PARTS = ("LABEL", "EXPIRES", "MODELS", "ROLE")


def new_token() -> str:
    """A token of 256 random bits; the prefix lets people and secret scanners recognise it."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def new_entry(token: str, parts: tuple[str, str, str, str]) -> str:
    """The entry that knows a token; `parts` are its label, expiry, models and role. Raises `ValueError` that names the part at fault."""
    for name, text in zip(PARTS, parts, strict=True):
        if re.search(r"[\s,:]", text):
            raise ValueError(f"{name}: expected no space, comma or colon in it")
    label, *others = parts
    entry = ":".join((label, digest(token), *others)).rstrip(":")
    parse_tokens(entry)
    return entry


def main() -> None:
    """Make a token. Raises `CannotChange`."""
    warn("make token", unknown_to((*PARTS, "FILE")))
    token = new_token()
    label, expires, models, role = (os.environ.get(name, "") for name in PARTS)
    try:
        entry = new_entry(token, (label, expires, models, role))
    except ValueError as problem:
        sys.exit(f"make token: {problem}; for example: make token LABEL=alice EXPIRES=2027-01-31")
    warn("make token", expired(entry))
    file = os.environ.get("FILE")
    if file:
        add(Path(file).expanduser(), entry)
    print(f"Token, for {label} alone, shown once:\n\n  {token}\n")
    if file:
        print(f"Its entry is in {file}: make tokens FILE={file} lists all.")
    else:
        print(f"Entry, to add to ACCESS_TOKENS (.dev.vars, or npx wrangler secret put ACCESS_TOKENS):\n\n  {entry}\n")


if __name__ == "__main__":
    try:
        main()
    except CannotChange as problem:
        sys.exit(f"make token: {problem}")
