"""What a room, a message and a persona may hold, and what is told of one that is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.base.errors import ApiError
from gateway.rooms.shapes import KINDS, MAX_FORKS, MAX_TIME, MAX_VALUE_BYTES, Item, identifier, item, tombstone

ID, ROOM, OTHER = "a" * 32, "b" * 32, "c" * 32
NOW = 1_790_000_000_000
USUAL: dict[str, dict[str, Any]] = {
    "room": {"id": ID, "title": "Tea", "created": 1, "updated": 2, "version": 1},
    "persona": {"id": ID, "name": "Critic", "prompt": "", "created": 1, "updated": 2, "version": 1},
    "message": {"id": ID, "room": ROOM, "role": "user", "content": "Hi", "created": 1, "version": 1},
}


def checked(kind: str, **members: Any) -> dict[str, Any]:
    """What is kept of a usual thing with these members."""
    kept: dict[str, Any] = json.loads(item(kind, USUAL[kind] | members, "", NOW).text)
    return kept


def refusal(kind: str, **members: Any) -> tuple[str, str | None]:
    """Code and param of what is told of a usual thing with these members."""
    with pytest.raises(ApiError) as caught:
        item(kind, USUAL[kind] | members, "", NOW)
    return caught.value.code, caught.value.param


class TestKept:
    @pytest.mark.parametrize("kind", KINDS)
    def test_with_all_members_in_one_order(self, kind: str) -> None:
        backwards = dict(reversed(USUAL[kind].items()))
        assert [*json.loads(item(kind, backwards, "", NOW).text)] == [*KINDS[kind]]

    def test_without_what_is_the_edges_own(self) -> None:
        assert checked("room", seq=7, deleted=False) == checked("room")

    @pytest.mark.parametrize(
        "written",
        ["0123456789ABCDEF0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-CDEF-0123-456789ABCDEF"],
    )
    def test_with_ids_in_one_spelling(self, written: str) -> None:
        kept = "0123456789abcdef0123456789abcdef"
        assert checked("message", id=written, parent=written)["parent"] == kept
        assert checked("room", chosen={written: written, "": written})["chosen"] == {kept: kept, "": kept}

    def test_with_half_a_pair_replaced(self) -> None:
        assert checked("message", content="tea \ud83c")["content"] == "tea \ufffd"
        assert checked("message", content="tea \ud83c\udf75")["content"] == "tea 🍵"

    def test_with_whole_numbers_as_such(self) -> None:
        assert '"created":3,' in item("room", USUAL["room"] | {"created": 3.0}, "", NOW).text

    @given(st.text(), st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.none()))
    def test_as_it_was_given(self, content: str, facts: dict[str, Any]) -> None:
        kept = checked("message", content=content, facts=facts)
        assert (kept["content"], kept["facts"]) == (content, facts)


class TestRefused:
    @pytest.mark.parametrize("kind", KINDS)
    def test_without_what_it_needs(self, kind: str) -> None:
        for name in USUAL[kind]:
            with pytest.raises(ApiError) as caught:
                item(kind, {other: value for other, value in USUAL[kind].items() if other != name}, "things[3]", NOW)
            assert (caught.value.code, caught.value.param) == ("missing_field", f"things[3].{name}")

    @pytest.mark.parametrize(
        ("kind", "members", "code", "param"),
        [
            ("room", {"colour": "red"}, "field_not_allowed", "colour"),
            ("room", {"id": "x"}, "invalid_value", "id"),
            ("room", {"id": ID + "0"}, "invalid_value", "id"),
            ("room", {"id": f"{ID[:8]}-{ID[8:]}"}, "invalid_value", "id"),
            ("room", {"id": "٠" * 32}, "invalid_value", "id"),
            ("room", {"id": 7}, "invalid_value", "id"),
            ("room", {"title": None}, "invalid_type", "title"),
            ("room", {"title": "x" * 1_001}, "invalid_value", "title"),
            ("room", {"pinned": 1}, "invalid_type", "pinned"),
            ("room", {"deleted": 1}, "invalid_type", "deleted"),
            ("room", {"version": 0}, "invalid_value", "version"),
            ("room", {"version": True}, "invalid_type", "version"),
            ("room", {"version": "1"}, "invalid_type", "version"),
            ("room", {"version": 1.5}, "invalid_type", "version"),
            ("room", {"version": float("inf")}, "invalid_type", "version"),
            ("room", {"created": -1}, "invalid_value", "created"),
            ("room", {"created": MAX_TIME + 1}, "invalid_value", "created"),
            ("room", {"chosen": []}, "invalid_type", "chosen"),
            ("room", {"chosen": {"x": ID}}, "invalid_value", "chosen.x"),
            ("room", {"chosen": {ID: "x"}}, "invalid_value", f"chosen.{ID}"),
            ("room", {"chosen": {f"{n:032x}": ID for n in range(MAX_FORKS + 1)}}, "invalid_value", "chosen"),
            ("persona", {"temperature": "0"}, "invalid_type", "temperature"),
            ("persona", {"temperature": -0.1}, "invalid_value", "temperature"),
            ("persona", {"prompt": "x" * 400_001}, "invalid_value", "prompt"),
            ("message", {"role": "system"}, "invalid_value", "role"),
            ("message", {"role": ["user"]}, "invalid_value", "role"),
            ("message", {"pictures": {}}, "invalid_type", "pictures"),
            ("message", {"pictures": [7]}, "invalid_type", "pictures[0]"),
            ("message", {"pictures": [{"name": "a"}]}, "missing_field", "pictures[0].url"),
            ("message", {"pictures": [{"url": ""}] * 101}, "invalid_value", "pictures"),
            ("message", {"tool_calls": [{"name": 7}]}, "invalid_type", "tool_calls[0].name"),
            ("message", {"ending": {}}, "missing_field", "ending.kind"),
            ("message", {"ending": {"kind": "done", "error": float("inf")}}, "invalid_value", "ending.error"),
            ("message", {"facts": [1]}, "invalid_type", "facts"),
            ("message", {"usage": {"a": [float("-inf")]}}, "invalid_value", "usage"),
            ("message", {"content": "茶" * (MAX_VALUE_BYTES // 3)}, "value_too_large", None),
        ],
    )
    def test_with_what_it_may_not_hold(self, kind: str, members: dict[str, Any], code: str, param: str | None) -> None:
        assert refusal(kind, **members) == (code, param)

    def test_with_another_id_than_its_address_has(self) -> None:
        with pytest.raises(ApiError) as caught:
            item("message", USUAL["message"], "", NOW, {"room": OTHER, "id": ID})
        assert (caught.value.status, caught.value.code, caught.value.param) == (409, "id_mismatch", "room")

    @pytest.mark.parametrize("value", [None, 7, "room", []])
    def test_that_is_no_object(self, value: object) -> None:
        with pytest.raises(ApiError) as caught:
            item("room", value, "changes[0].value", NOW)
        assert (caught.value.code, caught.value.param) == ("invalid_type", "changes[0].value")


class TestDeleted:
    def test_needs_no_more_than_its_name_and_version(self) -> None:
        kept = json.loads(item("message", {"id": ID, "room": ROOM, "version": 4, "deleted": True}, "", NOW).text)
        assert kept == {"id": ID, "room": ROOM, "version": 4, "created": NOW, "updated": NOW, "deleted": True}

    def test_keeps_its_dates_and_nothing_it_said(self) -> None:
        kept = json.loads(item("room", USUAL["room"] | {"deleted": True, "seq": 3}, "", NOW).text)
        assert kept == {"id": ID, "version": 1, "created": 1, "updated": 2, "deleted": True}

    def test_is_the_same_made_by_the_edge(self) -> None:
        made = tombstone("message", USUAL["message"] | {"seq": 3}, 2, NOW)
        told = item("message", USUAL["message"] | {"deleted": True, "version": 2, "updated": NOW}, "", NOW)
        assert made == told == Item("message", ID, ROOM, 2, True, made.text)


@pytest.mark.parametrize("text", ["", "a" * 31, "g" * 32, f"{ID}\n", f"{{{ID}}}", "urn:uuid:" + ID])
def test_what_is_no_uuid(text: str) -> None:
    assert identifier(text) is None
