"""Histories of several devices, carried from one to the other by the order in which the edge stored things."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.rooms import NOW, message, new_id, persona, put, room


def send(client: httpx.Client, *changes: tuple[str, Any]) -> list[dict[str, Any]]:
    """Send changes of these kinds and values, and give what became of each."""
    response = client.post("/api/changes", json={"changes": [{"kind": kind, "value": value} for kind, value in changes]})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def since(client: httpx.Client, seq: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api/changes?since={seq}").json()
    return answer


class TestSending:
    def test_what_was_stored_comes_back_as_its_names_and_seq(self, alice: httpx.Client) -> None:
        home, words, critic = room(), None, persona()
        words = message(home["id"])
        results = send(alice, ("persona", critic), ("room", home), ("message", words))
        assert [result["stored"] for result in results] == [True] * 3
        assert results[2] == {
            "kind": "message",
            "id": words["id"],
            "room": home["id"],
            "stored": True,
            "value": {"id": words["id"], "room": home["id"], "version": 1, "seq": results[2]["value"]["seq"]},
        }
        assert [change["value"]["seq"] for change in since(alice)["changes"]] == [r["value"]["seq"] for r in results]

    def test_the_same_thing_twice_is_the_same_thing(self, alice: httpx.Client) -> None:
        home = room()
        words = message(home["id"])
        send(alice, ("room", home), ("message", words))
        told = since(alice)
        again = send(alice, ("room", home), ("message", words))
        assert [result["stored"] for result in again] == [False, False]
        assert [result["value"] for result in again] == [change["value"] for change in told["changes"]]
        assert since(alice)["changes"] == told["changes"]

    def test_a_message_may_come_before_its_room(self, alice: httpx.Client) -> None:
        home = room()
        assert [result["stored"] for result in send(alice, ("message", message(home["id"])), ("room", home))] == [True, True]

    def test_one_that_is_wrong_holds_up_no_other(self, alice: httpx.Client) -> None:
        home = room()
        results = send(
            alice,
            ("room", home),
            ("message", message(home["id"], role="system")),
            ("cat", {"id": new_id()}),
            ("message", message(new_id())),
            ("message", message(home["id"])),
            ("room", "a room"),
        )
        assert [result["stored"] for result in results] == [True, False, False, False, True, False]
        errors = [result.get("error") for result in results]
        assert [error and error["param"] for error in errors] == [
            None,
            "changes[1].value.role",
            "changes[2].kind",
            None,
            None,
            "changes[5].value",
        ]
        assert errors[3] is not None
        assert errors[3]["code"] == "not_found"

    def test_deletions_go_the_same_way(self, alice: httpx.Client) -> None:
        home = room()
        words = message(home["id"])
        send(alice, ("room", home), ("message", words))
        (result,) = send(alice, ("message", {"id": words["id"], "room": home["id"], "version": 2, "deleted": True}))
        assert result["stored"]
        tombstone = since(alice)["changes"][-1]["value"]
        assert (tombstone["id"], tombstone["deleted"], tombstone["version"]) == (words["id"], True, 2)
        send(alice, ("room", home | {"version": 2, "deleted": True}))
        (late,) = send(alice, ("message", message(home["id"], version=7)))
        assert (late["stored"], late["value"]["id"], late["value"]["deleted"]) == (False, home["id"], True)
        assert [change["value"]["id"] for change in since(alice)["changes"]] == [home["id"]]

    def test_any_type_of_content_is_taken(self, alice: httpx.Client) -> None:
        """A page that goes away sends text/plain, which needs no preflight."""
        body = b'{"changes":[]}'
        answer = alice.post("/api/changes", content=body, headers={"content-type": "text/plain;charset=UTF-8"})
        assert answer.json() == {"results": [], "cleared": answer.json()["cleared"]}


class TestReceiving:
    def test_in_the_order_in_which_it_was_stored(self, alice: httpx.Client) -> None:
        start = since(alice)["next"]
        home = put(alice, room())
        words = put(alice, message(home["id"]))
        home = put(alice, home | {"title": "Renamed", "version": 2})
        answer = since(alice, start)
        assert [(change["kind"], change["value"]) for change in answer["changes"]] == [("message", words), ("room", home)]
        assert not answer["more"]
        assert since(alice, answer["next"]) == answer | {"changes": []}

    def test_page_by_page(self, alice: httpx.Client) -> None:
        home = put(alice, room())["id"]
        for _ in range(3):
            send(alice, *(("message", message(home, content="茶" * 3_000)) for _ in range(100)))
        pages = [since(alice)]
        while pages[-1]["more"]:
            pages.append(since(alice, pages[-1]["next"]))
        assert len(pages) == 3
        seqs = [change["value"]["seq"] for page in pages for change in page["changes"]]
        assert len(seqs) == 301
        assert seqs == sorted(seqs)

    def test_that_all_was_cleared(self, alice: httpx.Client) -> None:
        put(alice, room())
        before = since(alice)
        alice.delete("/api/history")
        after = since(alice, before["next"])
        assert after["cleared"] == before["cleared"] + 1
        new = put(alice, room())
        assert [change["value"] for change in since(alice, after["next"])["changes"]] == [new]


class TestAFile:
    def fill(self, client: httpx.Client) -> None:
        critic = persona(temperature=0.5)
        for number in (1, 2, 4):
            send(client, ("persona", critic | {"version": number, "prompt": f"Prompt {number}"}))
        gone = put(client, room())
        client.delete(f"/api/rooms/{gone['id']}")
        put(client, room(title="Empty"))
        for _ in range(3):
            home = put(client, room(pinned=True, persona=critic["id"], persona_version=4))["id"]
            for index in range(3):
                put(client, message(home, created=NOW + index, content="お茶 " * 60_000, facts={"tokens": 1.5}))

    def pages(self, client: httpx.Client) -> list[bytes]:
        pages = [client.get("/api/export").content]
        while (cursor := json.loads(pages[-1])["next"]) is not None:
            pages.append(client.get(f"/api/export?cursor={cursor}").content)
        return pages

    def test_gives_the_same_when_an_empty_history_has_taken_it(self, alice: httpx.Client) -> None:
        self.fill(alice)
        pages = self.pages(alice)
        assert len(pages) >= 3
        assert not {"seq", "deleted"} & set(re.findall(r'"(\w+)":', b"".join(pages).decode()))
        alice.delete("/api/history")
        for page in pages:
            assert alice.post("/api/import", content=page).status_code == 200
        assert self.pages(alice) == pages
        told = alice.post("/api/import", content=pages[0]).json()
        assert told["stored"] == 0
        assert told["unchanged"] > 0

    @pytest.mark.parametrize(
        ("members", "param"),
        [
            ({"format": "another"}, "format"),
            ({"format_version": 2}, "format_version"),
            ({"rooms": {}}, "rooms"),
            ({"rooms": [7]}, "rooms[0]"),
            ({"rooms": [room() | {"messages": 7}]}, "rooms[0].messages"),
            ({"rooms": [room() | {"messages": [{}]}]}, "rooms[0].messages[0].id"),
            ({"rooms": [room("ab" * 16) | {"messages": [message("cd" * 16)]}]}, "rooms[0].messages[0].room"),
            ({"personas": [persona() | {"versions": [persona(version=2)]}]}, "personas[0].versions[0].id"),
        ],
    )
    def test_that_is_wrong_anywhere_changes_nothing(self, alice: httpx.Client, members: dict[str, Any], param: str) -> None:
        file = {"format": "ionet-edge", "format_version": 1, "personas": [persona()], "rooms": [room()]}
        response = alice.post("/api/import", json=file | members)
        assert response.status_code in (400, 409)
        assert response.json()["error"]["param"] == param
        assert since(alice)["changes"] == []
