"""`make tokens`: who has an access token, for how long and for what; `REVOKE=alice` takes hers away.

It reads ACCESS_TOKENS of the environment, or else of .dev.vars; `FILE=edge.vars` names another file of that form, such as the list that
an owner keeps of an edge that is deployed. `PRINT=entries` prints the value alone, for `npx wrangler secret put ACCESS_TOKENS`.
"""

import io
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from gateway.base.tokens import Token, parse_tokens
from tools.advice import unknown_to, warn
from tools.pyodide_bundle import ROOT

NAME = "ACCESS_TOKENS"
DEV_VARS = ROOT / ".dev.vars"
OWN = ("FILE", "PRINT", "REVOKE", NAME)


class CannotChange(Exception):
    """What stands in the way, as a sentence for the person at the terminal. It quotes no value."""


def value(text: str) -> str:
    """ACCESS_TOKENS as the text of a file of settings has it, or nothing: of several the last one counts."""
    return next((binding.value or "" for binding in reversed(_bindings(text)) if binding.key == NAME), "")


def with_value(text: str, new: Callable[[str], str]) -> str:
    """The text of a file of settings with another value of ACCESS_TOKENS, made by `new` of the old one; all else is the same to the byte.

    Raises `ValueError` where the old value does not stand there as it is read.
    """
    bindings = _bindings(text)
    parts = [binding.original.string for binding in bindings]
    for number, binding in reversed([*enumerate(bindings)]):
        if binding.key == NAME:
            name, equals, rest = parts[number].partition("=")
            old = binding.value or ""
            at = rest.index(old) if old else re.match(r"[ \t]*['\"]?", rest).end()  # type: ignore[union-attr]  # it matches nothing, too
            parts[number] = name + equals + rest[:at] + new(old) + rest[at + len(old) :]
            return "".join(parts)
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith("\n") else end
    return f"{text}{gap}{NAME}={new('')}{end}"


def add(path: Path, entry: str) -> None:
    """Put an entry behind those of the file, which is made where there is none. Raises `CannotChange`."""
    (token,) = parse_tokens(entry)

    def change(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        if token.label in {each.label for each in tokens}:
            raise CannotChange(f"{path.name} has a token of {token.label} already: revoke it first, or choose another LABEL")
        return (*tokens, token)

    _change(path, lambda old: f"{old},{entry}" if old.strip() else entry, change)


def revoke(path: Path, label: str) -> None:
    """Take the entry of that label out of the file. Raises `CannotChange`."""

    def change(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        if label not in {each.label for each in tokens}:
            raise CannotChange(f"{path.name} has no token of {label}")
        return tuple(token for token in tokens if token.label != label)

    _change(path, lambda old: without(old, label), change)


def without(entries: str, label: str) -> str:
    """The entries but for that of the label; what separated it from the next, or before it where it is the last, goes with it."""
    parts = re.split(r"([\s,]+)", entries)
    for at in range(0, len(parts), 2):
        if parts[at].split(":")[0] == label:
            is_last = not "".join(parts[at + 2 :])
            return "".join(parts[: at - 1 if is_last and at else at] + parts[at + (1 if is_last else 2) :])
    return entries


def table(tokens: tuple[Token, ...], now: datetime) -> str:
    """A line for each token: label, expiry, models and role."""
    rows = [
        (token.label, _until(token.expires, now), ", ".join(token.models) or "all models", "owner" if token.is_owner else "")
        for token in tokens
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _until(expires: datetime | None, now: datetime) -> str:
    if expires is None:
        return "never expires"
    at = f"{expires:%Y-%m-%d}" if expires.time() == datetime.min.time() else f"{expires:%Y-%m-%dT%H:%MZ}"
    if expires <= now:
        return f"EXPIRED {at}"
    days = (expires - now).days
    return f"expires {at}, " + ("in 1 day" if days == 1 else f"in {days} days" if days else "within a day")


def _bindings(text: str) -> list[Binding]:
    return list(parse_stream(io.StringIO(text, newline="")))


def _change(path: Path, new: Callable[[str], str], change: Callable[[tuple[Token, ...]], tuple[Token, ...]]) -> None:
    """Write the file anew; what it then says is compared with what it is to say before it takes the old one's place."""
    text = read(path) if path.exists() else ""
    wanted = change(tokens_of(path, text))
    changed = None
    with suppress(ValueError):
        changed = with_value(text, new)
    if changed is None or parse_tokens(value(changed)) != wanted:
        raise CannotChange(f"{NAME} in {path.name} is written in a way that this command does not change: do so by hand")
    write(path, changed)


def tokens_of(path: Path, text: str) -> tuple[Token, ...]:
    """The tokens that the text of that file knows. Raises `CannotChange`."""
    try:
        return parse_tokens(value(text))
    except ValueError as problem:
        raise CannotChange(f"{NAME} in {path.name}: {problem}") from None


def read(path: Path) -> str:
    """The text of a file, its line ends as they are. Raises `CannotChange`."""
    try:
        return path.read_bytes().decode()
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no text in UTF-8"
        raise CannotChange(f"{path} cannot be read: {reason}") from None


def write(path: Path, text: str) -> None:
    """Put the text in the place of the file, at once and whole, for this user alone. Raises `CannotChange`."""
    path = path.resolve()  # a link stays one
    temporary = None
    try:
        # The name is one that .gitignore has: were this killed halfway, a secret would stay there.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".vars", delete=False) as file:
            temporary = file.name
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as problem:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise CannotChange(f"{path} cannot be written: {problem.strerror}") from None


def main() -> None:
    """List, revoke or print. Raises `CannotChange`."""
    warn("make tokens", unknown_to(OWN))
    file = os.environ.get("FILE")
    path = Path(file).expanduser() if file else DEV_VARS
    if label := os.environ.get("REVOKE"):
        revoke(path, label)
        print(
            f"{path.name} has no token of {label} any more. What runs has it until it is started again, or the secret is put again."
        )
        return
    from_environment = None if file else os.environ.get(NAME)
    entries = from_environment or (value(read(path)) if file or path.exists() else "")
    place = "the environment" if from_environment else path.name
    try:
        tokens = parse_tokens(entries)
    except ValueError as problem:
        raise CannotChange(f"{NAME} of {place}: {problem}") from None
    if os.environ.get("PRINT"):
        if not tokens:
            raise CannotChange(f"there is no entry in {NAME} of {place}")
        print(",".join(entry for entry in re.split(r"[\s,]+", entries) if entry))
        return
    print(f"{NAME} of {place}:\n\n{table(tokens, datetime.now(UTC))}\n" if tokens else f"No token in {NAME} of {place}.")


if __name__ == "__main__":
    try:
        main()
    except CannotChange as problem:
        sys.exit(f"make tokens: {problem}")
