"""The request body: what is refused, and why."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.base.errors import ApiError
from gateway.base.nesting import MAX_DEPTH
from gateway.request import completion, splice

MESSAGES = [{"role": "user", "content": "hi"}]

keys = st.text(max_size=8).filter(lambda name: name != "N")  # which could be taken for n
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
spaces = st.text(" \t\r\n", max_size=3)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """A valid request as a client may write it: any fields in any order, any white space, escaped or plain text."""
    members = draw(st.dictionaries(keys, values, max_size=5))
    members |= {
        "messages": [
            *MESSAGES,
            *draw(st.lists(st.just({"role": "assistant", "content": 'stream":false,{[', "x": {"stream": 1}}), max_size=2)),
        ]
    }
    if draw(st.booleans()):
        members["stream"] = draw(values)
    if draw(st.booleans()):
        members["model"] = draw(st.text(min_size=1, max_size=20))
    else:
        members.pop("model", None)
    order = draw(st.permutations(list(members)))
    members = {name: members[name] for name in order}
    text = json.dumps(
        members,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 1, "\t"])),
        separators=(draw(spaces) + "," + draw(spaces), draw(spaces) + ":" + draw(spaces)),
    )
    return (draw(spaces) + text + draw(spaces)).encode("utf-8", "surrogatepass"), members


def refusal(raw: bytes) -> ApiError:
    with pytest.raises(ApiError) as caught:
        completion.check(completion.parse(raw))
    return caught.value


class TestRefusing:
    @pytest.mark.parametrize(
        ("raw", "code", "param"),
        [
            (b"", "missing_body", None),
            (b"hello", "invalid_json", None),
            (b'{"messages":', "invalid_json", None),
            (b'{"messages":[]} x', "invalid_json", None),
            (b'{"temperature":NaN}', "invalid_json", None),
            (b'{"temperature":-Infinity}', "invalid_json", None),
            (b'\xef\xbb\xbf{"messages":[]}', "invalid_json", None),
            (b'{"seed":' + b"1" * 5000 + b"}", "invalid_json", None),
            ('{"messages":[]}'.encode("utf-16"), "invalid_encoding", None),
            (b'{"messages":"\xff"}', "invalid_encoding", None),
            (b'{"messages":"\xed\xa0\x80"}', "invalid_encoding", None),
            (b"[]", "invalid_json", None),
            (b'"text"', "invalid_json", None),
            (b"null", "invalid_json", None),
            (b'{"messages":[],"messages":[]}', "duplicate_name", None),
            (b'{"a":[{"b":1,"\\u0062":2}]}', "duplicate_name", None),
            (b"{}", "missing_field", "messages"),
            (b'{"messages":null}', "missing_field", "messages"),
            (b'{"messages":"hi"}', "invalid_type", "messages"),
            (b'{"messages":{}}', "invalid_type", "messages"),
            (b'{"messages":[]}', "invalid_value", "messages"),
            (b'{"messages":["hi"]}', "invalid_type", "messages[0]"),
            (b'{"messages":[{"content":"hi"}]}', "invalid_value", "messages[0].role"),
            (b'{"messages":[{"role":"user"},{"role":"root"}]}', "invalid_value", "messages[1].role"),
            (b'{"messages":[{"role":["user"]}]}', "invalid_value", "messages[0].role"),
            (b'{"messages":[{"role":"User"}]}', "invalid_value", "messages[0].role"),
            (b'{"messages":[{"role":"user"}],"model":7}', "invalid_type", "model"),
            (b'{"messages":[{"role":"user"}],"model":null}', "invalid_type", "model"),
            (b'{"messages":[{"role":"user"}],"model":""}', "invalid_value", "model"),
        ],
    )
    def test_names_what_is_wrong(self, raw: bytes, code: str, param: str | None) -> None:
        error = refusal(raw)
        assert (error.status, error.code, error.param) == (400, code, param)
        assert error.message.endswith(".")

    def test_a_name_twice_is_found_among_very_many(self) -> None:
        names = [*range(100_000), 99_999]
        raw = ("{" + ",".join(f'"{name}":0' for name in names) + "}").encode()
        assert refusal(raw).message == "The name '99999' stands twice in one object."

    @pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
    def test_absurd_depth_before_parsing(self, opening: bytes) -> None:
        assert refusal(opening * 50_000).code == "too_deep"

    @pytest.mark.parametrize(
        "filling", [b"{},", b"[],", b'{"a":1},', b"0,", b'"",', b'"a" ', b'[{"a":', b"[", b'"', b",", b'"\\",'], ids=repr
    )
    def test_what_would_take_long_to_parse_or_much_memory(self, filling: bytes) -> None:
        body = b'{"messages":[{"role":"user"}],"x":[' + filling * (4_000_000 // len(filling))
        assert refusal(body).code == "too_complex"

    @pytest.mark.parametrize("content", ["1,234.56;" * 50_000, '[{"}],' * 150_000, '"\\' * 200_000])
    def test_what_stands_in_strings_does_not_count(self, content: str) -> None:
        completion.check(completion.parse(json.dumps({"messages": [{"role": "user", "content": content}]}).encode()))

    def test_as_many_values_as_a_long_conversation_has_are_allowed(self) -> None:
        message = {"role": "user", "content": [{"type": "text", "text": "x"}]}
        completion.check(completion.parse(json.dumps({"messages": [message] * 10_000}).encode()))

    @pytest.mark.parametrize(
        "disguise",
        [
            b'"\\""',  # an escaped quote does not end the string
            b'"\\\\"',  # an escaped backslash does not escape the quote
            b'"]]]]"',  # brackets in a string close nothing
        ],
    )
    def test_depth_is_counted_outside_of_strings(self, disguise: bytes) -> None:
        assert refusal(b"[" + (disguise + b",[") * 150).code == "too_deep"
        shallow = b'{"messages":[{"role":"user","content":[' + b",".join([disguise] * 150) + b',"' + b"[{" * 500 + b'"]}]}'
        completion.check(completion.parse(shallow))

    def test_the_depth_that_is_allowed_is_allowed(self) -> None:
        levels = MAX_DEPTH - 1
        raw = b'{"messages":[{"role":"user"}],"x":' + b"[" * levels + b"]" * levels + b"}"
        completion.check(completion.parse(raw))
        assert refusal(raw.replace(b"[[", b"[[[", 1).replace(b"]]", b"]]]", 1)).code == "too_deep"

    @given(st.binary(max_size=200) | st.text('{}[]",:\\ \n01aNull', max_size=200).map(str.encode))
    def test_no_bytes_make_it_fail_otherwise(self, raw: bytes) -> None:
        try:
            body = completion.parse(raw)
            completion.check(body)
        except ApiError as error:
            assert error.status == 400  # noqa: PT017  # that it was raised at all is not the point
        else:
            changed = splice.with_members(raw, body, {"stream": b"true", "new": b"[1]"})
            assert json.loads(changed) == body | {"stream": True, "new": [1]}
