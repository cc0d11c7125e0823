"""`make tokens`: the list of who has a token, and the file that it stands in."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.base.tokens import Token, digest, parse_tokens
from tools import tokens

A, B, C = (f"{label}:{digest(label)}" for label in ("a", "b", "c"))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".dev.vars"


class TestTheList:
    def test_says_who_until_when_for_what_and_never_a_hash(self) -> None:
        entries = f"{A}:2027-01-31:meta-llama/*|org/x:owner {B}:2026-11-20 {C} soon:{digest('s')}:20261122T100000Z"
        shown = tokens.table(parse_tokens(entries), NOW)
        first, second, third, fourth = (" ".join(line.split()) for line in shown.splitlines())
        assert first == "a expires 2027-01-31, in 70 days meta-llama/*, org/x owner"
        assert second == "b EXPIRED 2026-11-20 all models"
        assert third == "c never expires all models"
        assert fourth == "soon expires 2026-11-22T10:00Z, within a day all models"
        assert not any(digest(label) in shown for label in "abcs")


FILES = {
    "alone": "ACCESS_TOKENS=%s\n",
    "without a last line end": "ACCESS_TOKENS=%s",
    "between others": "# mine\nIONET_API_KEY='io-v2-$x #1'  # the key\n\nACCESS_TOKENS=%s\nSYSTEM_PROMPT=\"Be\nbrief\"\n",
    "with Windows' line ends": "A=1\r\nACCESS_TOKENS=%s\r\nB=2\r\n",
    "in quotes": "export ACCESS_TOKENS = '%s' # theirs\nB=ü\n",
    "in double quotes": 'ACCESS_TOKENS="%s"\n',
    "twice, of which the last counts": "ACCESS_TOKENS=x:y\nACCESS_TOKENS=%s\n",
}


@pytest.mark.parametrize("form", FILES.values(), ids=FILES)
class TestAFile:
    def test_is_added_to(self, file: Path, form: str) -> None:
        file.write_bytes((form % f"{A}, {B}").encode())
        tokens.add(file, C)
        assert file.read_bytes().decode() == form % f"{A}, {B},{C}"

    @pytest.mark.parametrize(("label", "left"), [("a", f"{B}  {C}"), ("b", f"{A}, {C}"), ("c", f"{A}, {B}")])
    def test_loses_one(self, file: Path, form: str, label: str, left: str) -> None:
        file.write_bytes((form % f"{A}, {B}  {C}").encode())
        tokens.revoke(file, label)
        assert file.read_bytes().decode() == form % left

    def test_loses_its_last_one_and_gets_another(self, file: Path, form: str) -> None:
        file.write_bytes((form % A).encode())
        tokens.revoke(file, "a")
        assert file.read_bytes().decode() == form % ""
        tokens.add(file, B)
        assert file.read_bytes().decode() == form % B


class TestWhatElseAFileIs:
    @pytest.mark.parametrize(
        ("text", "then"),
        [("", f"ACCESS_TOKENS={A}\n"), ("B=2", f"B=2\nACCESS_TOKENS={A}\n"), ("B=2\r\n", f"B=2\r\nACCESS_TOKENS={A}\r\n")],
    )
    def test_one_without_tokens(self, file: Path, text: str, then: str) -> None:
        file.write_bytes(text.encode())
        tokens.add(file, A)
        assert file.read_bytes().decode() == then

    def test_one_that_is_not_there_is_made_for_this_user_alone(self, file: Path) -> None:
        tokens.add(file, A)
        assert file.read_text() == f"ACCESS_TOKENS={A}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_one_that_others_could_read_is_this_users_from_then_on(self, file: Path) -> None:
        file.write_text("B=2\n")
        file.chmod(0o644)
        tokens.add(file, A)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [*file.parent.iterdir()] == [file]

    def test_a_link_stays_one(self, file: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_text("B=2\n")
        file.symlink_to(elsewhere)
        tokens.add(file, A)
        assert file.is_symlink()
        assert tokens.value(elsewhere.read_text()) == A

    @given(st.text(alphabet="A='\" \n\\#ä$", max_size=30), st.text(alphabet="B='\" \r\n\\#", max_size=30))
    def test_what_stands_around_stays_or_nothing_is_written(self, before: str, after: str) -> None:
        text = f"{before}\nACCESS_TOKENS={A}\n{after}"
        if tokens.value(text) == A:
            assert tokens.with_value(text, lambda old: f"{old},{B}") == text.replace(A, f"{A},{B}")


class TestWhatCannotBe:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (f"ACCESS_TOKENS={A}\n", "has a token of a already"),
            (f"ACCESS_TOKENS={B}:soon\n", "ACCESS_TOKENS in .dev.vars: expected an expiry"),
            (f'ACCESS_TOKENS="{B}\\n{C}"\n', "written in a way that this command does not change"),
        ],
    )
    def test_leaves_the_file_as_it_is(self, file: Path, text: str, sentence: str) -> None:
        file.write_text(text)
        with pytest.raises(tokens.CannotChange, match=sentence):
            tokens.add(file, A)
        assert file.read_text() == text
        assert [*file.parent.iterdir()] == [file]

    def test_nobody_has_that_label(self, file: Path) -> None:
        file.write_text(f"ACCESS_TOKENS={A}\n")
        with pytest.raises(tokens.CannotChange, match="no token of b"):
            tokens.revoke(file, "b")

    def test_a_folder_that_is_not_there(self, file: Path) -> None:
        with pytest.raises(tokens.CannotChange, match="cannot be written"):
            tokens.add(file / "nowhere" / "x.vars", A)


def test_the_label_is_compared_as_a_whole() -> None:
    ann = f"ann:{digest('ann')}"
    assert tokens.without(f"{ann} {A}", "a") == ann
    assert parse_tokens(tokens.without(f" {A},\n{B} ", "b")) == (Token("a", digest("a")),)
