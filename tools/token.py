"""`make token LABEL=alice`: a new access token, shown once, and the entry of ACCESS_TOKENS that knows it.

EXPIRES=2027-01-31 lets it expire, MODELS='meta-llama/*|org/name' limits it to some models. ROLE=owner lets it see what all use.
"""

import os
import secrets
import sys

from gateway.base.tokens import digest, parse_tokens

PREFIX = "ionet_"
RANDOM_BYTES = 32


def new_token() -> str:
    """A token of 256 random bits; the prefix lets people and secret scanners recognise it."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def main() -> None:
    token = new_token()
    label, expires, models, role = (os.environ.get(name, "") for name in ("LABEL", "EXPIRES", "MODELS", "ROLE"))
    entry = ":".join((label, digest(token), expires, models, role)).rstrip(":")
    try:
        parsed = parse_tokens(entry)
    except ValueError as problem:
        sys.exit(f"make token: {problem}; for example: make token LABEL=alice EXPIRES=2027-01-31")
    if len(parsed) != 1:
        sys.exit("make token: a label, an expiry and models hold neither spaces nor commas")
    print(f"Token, for {parsed[0].label} alone, shown once:\n\n  {token}\n")
    print(f"Entry, to add to ACCESS_TOKENS (.dev.vars, or npx wrangler secret put ACCESS_TOKENS):\n\n  {entry}\n")


if __name__ == "__main__":
    main()
