"""`make token`: a token that is shown once, and an entry that knows it without holding it."""

import re
import subprocess
from datetime import UTC, datetime

import pytest

from gateway.access.bearer import bearer_identity
from gateway.base.tokens import Token, digest, parse_tokens
from tools.pyodide_bundle import ROOT


def make_token(*settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--silent", "token", *settings], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_prints_a_token_and_its_entry() -> None:
    printed = make_token("LABEL=alice", "EXPIRES=2027-01-31", "MODELS=meta-llama/*|org/a").stdout
    (token,) = re.findall(r"^  (ionet_\S+)$", printed, re.MULTILINE)
    (entry,) = re.findall(r"^  (alice:\S+)$", printed, re.MULTILINE)
    assert re.fullmatch(r"ionet_[A-Za-z0-9_-]{43}", token)  # 256 bits in base64url
    assert printed.count(token) == 1
    assert parse_tokens(entry) == (Token("alice", digest(token), datetime(2027, 1, 31, tzinfo=UTC), ("meta-llama/*", "org/a")),)
    assert bearer_identity(f"Bearer {token}", parse_tokens(entry), datetime(2026, 1, 1, tzinfo=UTC)).name == "token:alice"


def test_one_of_an_owner() -> None:
    (entry,) = re.findall(r"^  (alice:\S+)$", make_token("LABEL=alice", "ROLE=owner").stdout, re.MULTILINE)
    (token,) = parse_tokens(entry)
    assert token.is_owner


def test_every_token_is_new() -> None:
    assert make_token("LABEL=a").stdout != make_token("LABEL=a").stdout


@pytest.mark.parametrize(
    "settings", [[], ["LABEL=al ice"], ["LABEL=a,b"], ["LABEL=alice", "EXPIRES=soon"], ["LABEL=alice", "ROLE=king"]]
)
def test_what_is_wrong_is_told(settings: list[str]) -> None:
    result = make_token(*settings)
    assert result.returncode != 0
    assert "make token: " in result.stderr
    assert "ionet_" not in result.stdout
