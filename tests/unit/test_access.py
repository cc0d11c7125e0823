"""Access tokens: what an Authorization header proves, and what is said of one that proves nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.bearer import bearer_identity
from gateway.access.identity import Identity
from gateway.base.errors import ApiError
from gateway.base.tokens import Token, digest, parse_tokens

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "ionet_kR3-mT5_vX8.zQ1~wY6+uN0/pL4="
TOKENS = (
    Token("old", digest("ionet_old"), NOW - timedelta(days=400)),
    Token("alice", digest(SECRET)),
    Token("soon", digest("ionet_soon"), NOW + timedelta(seconds=1)),
    Token("now", digest("ionet_now"), NOW),
    Token("bob", digest("ionet_bob"), None, ("org/*",)),
)


def refusal(authorization: str | None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        bearer_identity(authorization, TOKENS, NOW)
    return caught.value


class TestProof:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
    @pytest.mark.parametrize("space", [" ", "   "])
    def test_the_schemes_case_does_not_matter(self, scheme: str, space: str) -> None:
        assert bearer_identity(f"{scheme}{space}{SECRET}", TOKENS, NOW) == Identity("token:alice")

    def test_a_token_carries_its_models(self) -> None:
        assert bearer_identity("Bearer ionet_bob", TOKENS, NOW) == Identity("token:bob", ("org/*",))

    def test_until_it_expires(self) -> None:
        assert bearer_identity("Bearer ionet_soon", TOKENS, NOW).name == "token:soon"


class TestRefusal:
    @pytest.mark.parametrize(
        "header", [None, "", "Basic aGk6aGk=", f"Token {SECRET}", SECRET, f"Bearer{SECRET}", f"X-Bearer {SECRET}"]
    )
    def test_no_token(self, header: str | None) -> None:
        error = refusal(header)
        assert (error.status, error.code, error.type) == (401, "missing_token", "authentication_error")
        assert error.headers["www-authenticate"] == 'Bearer realm="ionet-edge"'  # RFC 6750, section 3.1: no error code

    @pytest.mark.parametrize(
        "header",
        ["Bearer", "Bearer ", f"Bearer {SECRET}/", f"Bearer {SECRET} {SECRET}", f"Bearer {SECRET}, Bearer {SECRET}", f"Bearer,{SECRET}",
         f"Bearer\t{SECRET}",          f'Bearer "{SECRET}"', "Bearer =", "Bearer ключ", f"Bearer {SECRET}\u200b", f"Bearer: {SECRET}"],
    )  # fmt: skip
    def test_a_malformed_header(self, header: str) -> None:
        error = refusal(header)
        assert (error.status, error.code) == (400, "malformed_authorization")
        assert 'error="invalid_request"' in error.headers["www-authenticate"]

    @pytest.mark.parametrize(
        "token",
        [
            SECRET[:-1],
            SECRET + "=",
            SECRET.lower(),
            SECRET.upper(),
            SECRET[1:],
            "ionet_",
            "x",
            digest(SECRET),
            "alice",
            "A" * 10_000,
        ],
    )
    def test_a_wrong_token(self, token: str) -> None:
        error = refusal(f"Bearer {token}")
        assert (error.status, error.code) == (401, "invalid_token")
        assert 'error="invalid_token"' in error.headers["www-authenticate"]
        assert token not in error.body()

    @pytest.mark.parametrize("token", ["ionet_old", "ionet_now"])
    def test_an_expired_token_says_so(self, token: str) -> None:
        error = refusal(f"Bearer {token}")
        assert (error.status, error.code) == (401, "expired_token")
        assert "expired at 202" in error.message
        assert 'error="invalid_token"' in error.headers["www-authenticate"]

    @given(st.text())
    def test_no_other_header_proves_anything(self, header: str) -> None:
        assert refusal(header).status in (400, 401)


class TestEntries:
    def test_are_separated_by_space_or_commas(self) -> None:
        text = f"a:{digest('1')}, b:{digest('2')}:2027-01-31\nc:{digest('3')}::org/*|x/y  d:{digest('4')}:20270131T120000Z:z/* "
        text += f"e:{digest('5')}:::owner"
        assert parse_tokens(text) == (
            Token("a", digest("1")),
            Token("b", digest("2"), datetime(2027, 1, 31, tzinfo=UTC)),
            Token("c", digest("3"), None, ("org/*", "x/y")),
            Token("d", digest("4"), datetime(2027, 1, 31, 12, tzinfo=UTC), ("z/*",)),
            Token("e", digest("5"), is_owner=True),
        )

    def test_none(self) -> None:
        assert parse_tokens(" ") == ()

    @pytest.mark.parametrize(
        "entry",
        ["alice", "alice:", f":{digest('1')}", f"al ice:{digest('1')}", f"alice:{digest('1').upper()}",
         f"alice:{digest('1')[1:]}", f"alice:{SECRET}",
         f"alice:{digest('1')}:tomorrow", f"alice:{digest('1')}:2027-13-01", f"alice:{digest('1')}::a:b",
         f"alice:{digest('1')}:::Owner", f"alice:{digest('1')}:::owner:",
         f"-:{digest('1')}",
         f"alice:{digest('1')}::|", f"alice:{digest('1')}::||", f"alice:{digest('1')}:2027-01-31T12:00",
         f"alice:{digest('1')}:2027-01-31T12", f"alice:{digest('1')}:20270131", f"alice:{digest('1')}:2027-W05-1",
         f"alice:{digest('1')}:2027-02-30", f"alice:{digest('1')}:20270131T120000", f"alice:{digest('1')}:20270131T120000+0900", ","],
    )  # fmt: skip
    def test_a_wrong_one_is_refused_without_being_quoted(self, entry: str) -> None:
        with pytest.raises(ValueError, match="expected") as caught:
            parse_tokens(entry)
        assert digest("1") not in str(caught.value)
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize(
        ("entry", "part"),
        [
            (f"-:{digest('1')}", "as a label"),
            ("alice", "the token's SHA-256 after the label"),
            (f"alice:{digest('1')}:soon", "an expiry such as 2027-01-31"),
            (f"alice:{digest('1')}::|", "at least one model"),
            (f"alice:{digest('1')}:::king", "owner as the role"),
            (f"alice:{digest('1')}:::owner:x", "no more than label:sha256:expires:models:owner"),
        ],
    )
    def test_the_part_that_is_wrong_is_named(self, entry: str, part: str) -> None:
        with pytest.raises(ValueError, match=f"^expected {part}"):
            parse_tokens(entry)
        with pytest.raises(ValueError, match=f"^entry 2: expected {part}"):
            parse_tokens(f"bob:{digest('2')}, {entry}")

    def test_every_label_once(self) -> None:
        with pytest.raises(ValueError, match="every label once"):
            parse_tokens(f"a:{digest('1')} a:{digest('2')}")
