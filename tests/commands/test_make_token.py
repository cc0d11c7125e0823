"""`make token`: a token that is shown once, and an entry that knows it without holding it."""

import os
import re
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.access.bearer import bearer_identity
from gateway.base.tokens import Token, digest, parse_tokens
from tools.pyodide_bundle import ROOT


def make(target: str, *settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command, given = ["make", "--silent", target, *settings], os.environ | environment
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False)


def make_token(*settings: str) -> subprocess.CompletedProcess[str]:
    return make("token", *settings)


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
    ("settings", "sentence"),
    [
        ([], "expected as a label"),
        (["LABEL=al ice"], "LABEL: expected no space"),
        (["LABEL=a,b"], "LABEL: expected no space"),
        (["LABEL=alice", "EXPIRES=soon"], "expected an expiry such as 2027-01-31"),
        (["LABEL=alice", "EXPIRES=2027-01-31T12:00"], "EXPIRES: expected no space, comma or colon"),
        (["LABEL=alice", "MODELS=|"], "expected at least one model"),
        (["LABEL=alice", "MODELS=org/a:free"], "MODELS: expected no space, comma or colon"),
        (["LABEL=alice", "ROLE=king"], "expected owner as the role"),
    ],
)
def test_the_part_that_is_wrong_is_told(settings: list[str], sentence: str) -> None:
    result = make_token(*settings)
    assert result.returncode != 0
    assert f"make token: {sentence}" in result.stderr
    assert "ionet_" not in result.stdout


def test_an_expiry_that_has_passed_and_a_name_that_means_nothing_are_warned_of() -> None:
    result = make_token("LABEL=alice", "EXPIRES=2026-01-31")
    assert result.stderr == "make token: warning: the access token of alice expired at 2026-01-31T00:00Z\n"
    result = make_token("LABEL=alice", "EXPIRE=2027-01-31")
    assert result.stderr == "make token: warning: EXPIRE (on the line) is no setting; did you mean EXPIRES?\n"


def test_a_list_in_a_file_from_the_first_token_to_the_last(tmp_path: Path) -> None:
    file = tmp_path / "edge.vars"
    printed = (
        make_token("LABEL=bob", f"FILE={file}").stdout + make_token("LABEL=eve", "EXPIRES=2026-01-31", f"FILE={file}").stdout
    )
    bob, eve = re.findall(r"^  (ionet_\S+)$", printed, re.MULTILINE)
    assert file.read_text() == f"ACCESS_TOKENS=bob:{digest(bob)},eve:{digest(eve)}:2026-01-31\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    taken = make_token("LABEL=bob", f"FILE={file}")
    assert "make token: edge.vars has a token of bob already" in taken.stderr
    assert "ionet_" not in taken.stdout

    shown = make("tokens", f"FILE={file}").stdout
    assert re.search(r"^bob +never expires +all models$", shown, re.MULTILINE)
    assert re.search(r"^eve +EXPIRED 2026-01-31 +all models$", shown, re.MULTILINE)
    assert digest(bob)[:16] not in shown

    assert make("tokens", f"FILE={file}", "REVOKE=bob").returncode == 0
    assert make("tokens", f"FILE={file}", "PRINT=entries").stdout == f"eve:{digest(eve)}:2026-01-31\n"
    assert "has no token of bob" in make("tokens", f"FILE={file}", "REVOKE=bob").stderr
    make("tokens", f"FILE={file}", "REVOKE=eve")
    nothing = make("tokens", f"FILE={file}", "PRINT=entries")
    assert (nothing.returncode != 0, nothing.stdout) == (True, "")
    assert "there is no entry" in nothing.stderr


def test_the_list_of_the_environment() -> None:
    shown = make("tokens", ACCESS_TOKENS=f"alice:{digest('x')}:2099-01-31:org/*:owner").stdout
    assert re.search(
        r"^ACCESS_TOKENS of the environment:\n\nalice  expires 2099-01-31, in \d+ days  org/\*  owner$", shown, re.MULTILINE
    )


def test_a_list_that_is_wrong_is_told_without_being_quoted() -> None:
    result = make("tokens", ACCESS_TOKENS="ionet_secret")
    assert "make tokens: ACCESS_TOKENS of the environment: expected the token's SHA-256" in result.stderr
    assert "ionet_secret" not in result.stdout + result.stderr
