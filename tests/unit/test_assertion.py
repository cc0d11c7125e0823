"""The token of Cloudflare Access, taken apart, and what its claims must say."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.assertion import LEEWAY_SECONDS, LONGEST_SECONDS, BadAssertion, subject, take_apart

NOW = 1_800_000_000
TEAM = "https://team.cloudflareaccess.com"
CLAIMS = {"iss": TEAM, "aud": ["tag"], "exp": NOW + 1, "nbf": NOW, "email": "alice@example.com"}
HEAD = {"alg": "RS256", "kid": "key"}


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def subject_of(**changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return subject(claims, TEAM, "tag", NOW)


class TestTakingApart:
    def test_a_token(self) -> None:
        token = f"{part(HEAD)}.{part(CLAIMS)}.{part(b'signature')}"
        assertion = take_apart(token)
        assert (assertion.key_id, assertion.claims, assertion.signature) == ("key", CLAIMS, b"signature")
        assert assertion.signed.decode() == token.rpartition(".")[0]

    @pytest.mark.parametrize(
        "head",
        [{}, {"kid": "key"}, {"alg": "RS256"}, {"alg": "RS256", "kid": 1}, HEAD | {"alg": "none"}, HEAD | {"alg": "HS256"},
         HEAD | {"alg": "rs256"}, HEAD | {"alg": ["RS256"]}, HEAD | {"alg": "RS256 "}, [], "RS256", None, b"", b"\xff", b"[" * 5_000],
    )  # fmt: skip
    def test_only_with_the_one_algorithm_and_a_named_key(self, head: object) -> None:
        with pytest.raises(BadAssertion):
            take_apart(f"{part(head)}.{part(CLAIMS)}.{part(b'signature')}")

    @pytest.mark.parametrize(
        "extension",
        [{"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"crit": ["b64"], "b64": True}, {"crit": []}, {"crit": None},
         {"crit": "exp"}, {"crit": {}}, {"crit": ["http://example.com/own"], "http://example.com/own": 1}, {"b64": False},
         {"b64": True}, {"b64": None}, {"b64": 0}],
        ids=json.dumps,
    )  # fmt: skip
    def test_without_extensions_that_change_what_it_means(self, extension: dict[str, object]) -> None:
        with pytest.raises(BadAssertion, match="extension"):
            take_apart(f"{part(HEAD | extension)}.{part(CLAIMS)}.{part(b'signature')}")

    @given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,9}", fullmatch=True))
    def test_no_text_makes_it_fail_otherwise(self, text: str) -> None:
        with pytest.raises(BadAssertion):
            take_apart(text)

    @given(st.binary(max_size=40), st.binary(max_size=40))
    def test_no_bytes_within_make_it_fail_otherwise(self, head: bytes, claims: bytes) -> None:
        with pytest.raises(BadAssertion):
            take_apart(f"{part(head)}.{part(claims)}.AAAA")


class TestClaims:
    def test_name_a_person_or_a_service(self) -> None:
        assert subject_of() == "alice@example.com"
        assert subject_of(email=None, common_name="ci.access") == "ci.access"
        assert subject_of(email="", common_name="ci.access") == "ci.access"

    @pytest.mark.parametrize("address", ["alice@example.com", "Alice@Example.com", "ALICE@EXAMPLE.COM"])
    def test_name_one_person_in_whatever_case_the_address_is_written(self, address: str) -> None:
        assert subject_of(email=address) == "alice@example.com"

    def test_name_a_service_to_the_letter(self) -> None:
        assert subject_of(email=None, common_name="CI.access") == "CI.access"

    @pytest.mark.parametrize(
        "letter", ["\u212a", "\u0130", "\u017f", "\uff41"]
    )  # each has an ASCII letter for another case or form
    def test_fold_no_letter_into_ascii(self, letter: str) -> None:
        with pytest.raises(BadAssertion, match="no subject"):
            subject_of(email=f"{letter}@example.com")

    def test_hold_within_a_leeway(self) -> None:
        assert subject_of(exp=NOW - LEEWAY_SECONDS + 1)
        assert subject_of(nbf=NOW + LEEWAY_SECONDS)
        with pytest.raises(BadAssertion, match="expired"):
            subject_of(exp=NOW - LEEWAY_SECONDS)
        with pytest.raises(BadAssertion, match="not yet valid"):
            subject_of(nbf=NOW + LEEWAY_SECONDS + 1)

    def test_end_within_a_time_that_a_session_may_last(self) -> None:
        assert subject_of(exp=NOW + LONGEST_SECONDS)
        for endless in (NOW + LONGEST_SECONDS + 1, 253_402_300_799, 1e300, 10**4_000):
            with pytest.raises(BadAssertion, match="longer than any session"):
                subject_of(exp=endless)

    @pytest.mark.parametrize(
        "time", ["1e400", "-1e400", "Infinity", "-Infinity", "NaN", "-1", "-1e-9", "null", "[]", "{}", '"1"', "false"]
    )
    @pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
    def test_as_they_stand_in_the_token_are_times(self, claim: str, time: str) -> None:
        raw = json.dumps({name: value for name, value in CLAIMS.items() if name != claim})
        token = f'{part(HEAD)}.{part(f"""{raw[:-1]}, "{claim}": {time}}}""".encode())}.AAAA'
        with pytest.raises(BadAssertion, match=r"not yet valid|expired"):
            subject(take_apart(token).claims, TEAM, "tag", NOW)

    def test_are_not_issued_in_the_future(self) -> None:
        assert subject_of(iat=NOW + LEEWAY_SECONDS)
        with pytest.raises(BadAssertion, match="not yet valid"):
            subject_of(iat=NOW + LEEWAY_SECONDS + 1)

    @given(st.sampled_from(["exp", "nbf", "iat"]), st.text() | st.booleans() | st.just(float("nan")) | st.lists(st.integers()))
    def test_what_is_no_time(self, name: str, value: object) -> None:
        with pytest.raises(BadAssertion):
            subject_of(**{name: value})

    @given(st.sampled_from(["iss", "aud"]), st.recursive(st.none() | st.text() | st.integers(), st.lists))
    def test_are_of_this_team_and_application(self, name: str, value: object) -> None:
        with pytest.raises(BadAssertion):
            subject(CLAIMS | {name: value}, TEAM, "tag", NOW)

    @pytest.mark.parametrize("name", ["a b", "a\n", "é@example.com", "a" * 255, 7, ["a"], {}, None])
    def test_whose_name_could_not_stand_in_the_log(self, name: object) -> None:
        with pytest.raises(BadAssertion, match="no subject"):
            subject_of(email=name)
