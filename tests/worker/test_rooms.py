"""Conversations in the owner's own database: the life of rooms, messages and personas, and whom they are told to."""

import uuid
from typing import Any

import httpx
import pytest

from tests.rooms import NOW, message, new_id, persona, put, room


class TestARoom:
    def test_is_stored_and_read_with_all_its_members(self, alice: httpx.Client) -> None:
        given = room(title="お茶", pinned=True, chosen={"": new_id()}, persona=new_id(), persona_version=2)
        stored = put(alice, given)
        assert stored == given | {"archived": False, "seq": stored["seq"]}
        assert alice.get(f"/api/rooms/{given['id']}").json() == stored
        assert alice.get("/api/rooms").json() == {"rooms": [stored], "next": None}

    def test_is_found_by_its_id_with_dashes_too(self, alice: httpx.Client) -> None:
        given = put(alice, room())
        assert alice.get(f"/api/rooms/{uuid.UUID(given['id'])}").json()["id"] == given["id"]

    def test_a_higher_version_wins_and_a_lower_one_is_told_what_is_stored(self, alice: httpx.Client) -> None:
        first = put(alice, room(title="First", version=3))
        assert put(alice, room(first["id"], title="Older", version=2)) == first
        assert put(alice, room(first["id"], title="Another", version=3)) == first
        assert put(alice, room(first["id"], title="Newer", version=4))["title"] == "Newer"

    def test_deleted_leaves_its_tombstone_for_good(self, alice: httpx.Client) -> None:
        given = put(alice, room())
        put(alice, message(given["id"]))
        gone = alice.delete(f"/api/rooms/{given['id']}").json()
        assert gone.keys() == {"id", "version", "created", "updated", "deleted", "seq"}
        assert (gone["deleted"], gone["version"], gone["created"]) == (True, 2, NOW)
        assert put(alice, room(given["id"], version=99)) == gone
        assert put(alice, message(given["id"], version=99)) == gone
        assert alice.delete(f"/api/rooms/{given['id']}").json() == gone
        assert alice.get(f"/api/rooms/{given['id']}").status_code == 404
        assert alice.get(f"/api/rooms/{given['id']}/messages").status_code == 404
        assert alice.get("/api/rooms").json()["rooms"] == []
        assert alice.get("/api/history").json()["messages"] == 0

    def test_put_away_is_in_a_list_of_its_own(self, alice: httpx.Client) -> None:
        here, away = put(alice, room()), put(alice, room(archived=True))
        assert alice.get("/api/rooms").json()["rooms"] == [here]
        assert alice.get("/api/rooms?archived=true").json()["rooms"] == [away]

    def test_is_listed_page_by_page_the_latest_first(self, alice: httpx.Client) -> None:
        given = [put(alice, room(updated=NOW + index // 2)) for index in range(7)]
        listed: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = alice.get(f"/api/rooms?limit=3{cursor and '&cursor='}{cursor}").json()
            listed, cursor = listed + page["rooms"], page["next"]
            assert len(page["rooms"]) in (3, 1)
        assert listed == sorted(given, key=lambda each: (each["updated"], each["id"]), reverse=True)


class TestAMessage:
    def test_is_stored_and_read_with_all_its_members(self, alice: httpx.Client) -> None:
        home = put(alice, room())["id"]
        given = message(
            home,
            parent=new_id(),
            role="assistant",
            content="Ｏｏｌｏｎｇ 🍵\n",
            pictures=[{"name": "a.png", "type": "image/png", "url": "data:image/png;base64,AA==", "width": 1, "height": 2}],
            reasoning="Hm",
            tool_calls=[{"name": "pour", "arguments": "{}"}],
            model="org/name",
            temperature=0.5,
            persona=new_id(),
            persona_version=3,
            ending={"kind": "failed", "error": {"message": "no", "code": None}},
            facts={"tokens": 12, "writingMs": 0.25},
            usage={"total_tokens": 20},
        )
        stored = put(alice, given)
        assert stored == given | {"seq": stored["seq"]}
        assert alice.get(f"/api/rooms/{home}/messages").json() == {"messages": [stored], "next": None}
        assert alice.get(f"/api/rooms/{home}/messages/{given['id']}").json() == stored

    def test_needs_its_room(self, alice: httpx.Client) -> None:
        lost = message(new_id())
        response = alice.put(f"/api/rooms/{lost['room']}/messages/{lost['id']}", json=lost)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")

    def test_deleted_comes_back_with_a_higher_version(self, alice: httpx.Client) -> None:
        home = put(alice, room())["id"]
        given = put(alice, message(home))
        gone = alice.delete(f"/api/rooms/{home}/messages/{given['id']}").json()
        assert (gone["deleted"], gone["room"], gone["version"]) == (True, home, 2)
        assert put(alice, message(home, given["id"], version=2)) == gone
        assert alice.get(f"/api/rooms/{home}/messages").json()["messages"] == []
        assert put(alice, message(home, given["id"], version=3))["content"] == given["content"]
        assert alice.get("/api/history").json()["messages"] == 1

    def test_a_room_is_read_page_by_page_the_earliest_first(self, alice: httpx.Client) -> None:
        home = put(alice, room())["id"]
        given = [put(alice, message(home, created=NOW + index // 2)) for index in range(5)]
        first = alice.get(f"/api/rooms/{home}/messages?limit=2").json()
        rest = alice.get(f"/api/rooms/{home}/messages?cursor={first['next']}").json()
        assert first["messages"] + rest["messages"] == sorted(given, key=lambda each: (each["created"], each["id"]))
        assert rest["next"] is None

    def test_a_page_ends_after_a_megabyte(self, alice: httpx.Client) -> None:
        home = put(alice, room())["id"]
        for index in range(3):
            put(alice, message(home, created=NOW + index, content="茶" * 250_000))
        first = alice.get(f"/api/rooms/{home}/messages").json()
        assert len(first["messages"]) == 2
        assert len(alice.get(f"/api/rooms/{home}/messages?cursor={first['next']}").json()["messages"]) == 1


class TestAPersona:
    def test_keeps_every_version_it_had(self, alice: httpx.Client) -> None:
        given = persona()
        for number in (1, 2, 5, 3):
            alice.put(f"/api/personas/{given['id']}", json=given | {"prompt": f"Prompt {number}", "version": number})
        path = f"/api/personas/{given['id']}"
        assert alice.get(path).json()["prompt"] == "Prompt 5"
        assert [each["version"] for each in alice.get(f"{path}/versions").json()["versions"]] == [5, 2, 1]
        assert alice.get(f"{path}/versions/2").json()["prompt"] == "Prompt 2"
        assert alice.get(f"{path}/versions/3").status_code == 404
        alice.delete(path)
        assert alice.get("/api/personas").json() == {"personas": [], "next": None}
        assert alice.get(f"{path}/versions/5").json()["prompt"] == "Prompt 5"


class TestSearch:
    @pytest.fixture
    def home(self, alice: httpx.Client) -> str:
        given = put(alice, room(title="抹茶の話"))
        texts = ["Sencha is a green tea.", "東京の抹茶ラテは美味しい。", "100% SENCHA_a", "ほうじ茶も好き"]
        for text in texts:
            put(alice, message(given["id"], content=text))
        id: str = given["id"]
        return id

    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("sencha", ["100% SENCHA_a", "Sencha is a green tea."]),
            ("green sencha", ["Sencha is a green tea."]),
            ("抹茶ラテ", ["東京の抹茶ラテは美味しい。"]),
            ("抹茶", ["東京の抹茶ラテは美味しい。", "抹茶の話"]),
            ("茶", ["ほうじ茶も好き", "東京の抹茶ラテは美味しい。", "抹茶の話"]),
            ("抹茶 東京", ["東京の抹茶ラテは美味しい。"]),
            ("0%", ["100% SENCHA_a"]),
            ("_a sencha", ["100% SENCHA_a"]),
            ('green" OR "東京の', []),
            ("coffee", []),
        ],
    )
    def test_finds_all_words_in_any_language(self, alice: httpx.Client, home: str, q: str, found: list[str]) -> None:
        answer = alice.get("/api/search", params={"q": q}).json()
        assert [hit["snippet"] for hit in answer["hits"]] == found
        assert {hit["room"] for hit in answer["hits"]} <= {home}
        assert answer["next"] is None

    def test_tells_where_a_hit_stands(self, alice: httpx.Client, home: str) -> None:
        (hit,) = alice.get("/api/search?q=green").json()["hits"]
        assert (hit["title"], hit["role"], hit["created"]) == ("抹茶の話", "user", NOW)
        assert alice.get(f"/api/rooms/{home}/messages/{hit['message']}").json()["content"] == hit["snippet"]

    def test_goes_page_by_page(self, alice: httpx.Client, home: str) -> None:
        first = alice.get("/api/search?q=sencha&limit=1").json()
        second = alice.get(f"/api/search?q=sencha&limit=1&cursor={first['next']}").json()
        assert [hit["snippet"] for hit in first["hits"] + second["hits"]] == ["100% SENCHA_a", "Sencha is a green tea."]
        assert second["next"] is None

    def test_shows_the_words_around_a_hit(self, alice: httpx.Client, home: str) -> None:
        put(alice, message(home, content="a " * 500 + "needle" + " b" * 500))
        (hit,) = alice.get("/api/search?q=NEEDLE").json()["hits"]
        assert "needle" in hit["snippet"]
        assert len(hit["snippet"]) == 160

    def test_finds_nothing_that_was_deleted_or_changed(self, alice: httpx.Client, home: str) -> None:
        given = put(alice, message(home, content="a secret word"))
        put(alice, given | {"content": "another text", "version": 2})
        assert alice.get("/api/search?q=secret").json()["hits"] == []
        assert len(alice.get("/api/search?q=another").json()["hits"]) == 1
        alice.delete(f"/api/rooms/{home}")
        assert alice.get("/api/search?q=another").json()["hits"] == []


class TestAllOfIt:
    def test_is_told_in_numbers(self, alice: httpx.Client) -> None:
        home = put(alice, room())["id"]
        put(alice, message(home))
        told = alice.get("/api/history").json()
        assert (told["rooms"], told["messages"]) == (1, 1)
        assert told["limits"] == {"rooms": 20_000, "bytes": 100_000_000}
        assert told["bytes"] > 300

    def test_is_deleted_at_once(self, alice: httpx.Client) -> None:
        home = put(alice, room())["id"]
        put(alice, message(home))
        before = alice.get("/api/history").json()
        alice.delete("/api/history")
        after = alice.get("/api/history").json()
        assert (after["rooms"], after["messages"], after["bytes"]) == (0, 0, 0)
        assert after["cleared"] == before["cleared"] + 1
        assert after["seq"] > before["seq"]
        assert alice.get("/api/changes").json()["changes"] == []
        assert put(alice, room(home))["version"] == 1
