"""The parser of event streams, by the cases of web-platform-tests (eventsource/format-*.any.js) for what a chat stream can hold."""

import pytest

from gateway.answers.events import Event, EventParser

CASES = {
    "field-data": ("data:\n\ndata\ndata\n\ndata:test\n\n", ["", "\n", "test"]),
    "field-parsing": (
        "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
        ["\0\n 2\n1\n3\n\n4"],
    ),
    "field-unknown": ("data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n", ["test\n\ntest"]),
    "leading-space": ("data:\ttest\rdata: \ndata:test\n\n", ["\ttest\n\ntest"]),
    "newlines": ("data:test\r\ndata\ndata:test\r\n\r", ["test\n\ntest"]),
    "comments": (
        "data:1\n:\0\n:\r\ndata:2\n:" + "x" * 2048 + "\rdata:3\n:data:fail\r:" + "x" * 2048 + "\ndata:4\n\n",
        ["1\n2\n3\n4"],
    ),
    "data-before-final-empty-line": ("retry:1000\ndata:test1\n\nid:test\ndata:test2", ["test1"]),
    "utf-8": ("data:ok…\n\n", ["ok…"]),
    "bom": ("\ufeffdata:1\n\n\ufeffdata:2\n\ndata:3\n\n", ["1", "3"]),
    "bom-2": ("\ufeff\ufeffdata:1\n\ndata:2\n\ndata:3\n\n", ["2", "3"]),
    "null-character": ("data:\0\n\n\n\n", ["\0"]),
    "field-id": ("id: 1\ndata:1\n\nid\ndata:2\n\n", ["1", "2"]),
    "field-retry": ("retry:3000\ndata:x\n\nretry:1000x\ndata:y\n\n", ["x", "y"]),
}


@pytest.mark.parametrize("size", [1, 2, 7, 1_000_000])
@pytest.mark.parametrize("name", CASES)
def test_the_data_of_events_however_the_bytes_are_cut(name: str, size: int) -> None:
    stream, expected = CASES[name]
    assert [event.data for event in parsed(stream.encode(), size)] == expected


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_their_types(end: str) -> None:
    lines = [
        "event:test",
        "data:x",
        "",
        "event:",
        "data:y",
        "",
        "event: test ",
        "data:z",
        "",
        "event:lost",
        "",
        "data:last",
        "",
        "",
    ]
    events = parsed(end.join(lines).encode(), 3)
    assert events == [Event("test", "x"), Event("message", "y"), Event("test ", "z"), Event("message", "last")]


def test_an_event_is_there_as_soon_as_its_last_byte_is() -> None:
    for end in ("\n", "\r"):
        assert EventParser().feed(f"data: 1{end}{end}".encode()) == [Event("message", "1")]


def test_what_is_no_utf_8_is_replaced() -> None:
    assert parsed(b"data: \xff\xe3\x81\n\n", 1) == [Event("message", "\ufffd\ufffd")]


def parsed(stream: bytes, size: int) -> list[Event]:
    parser = EventParser()
    return [event for start in range(0, len(stream), size) for event in parser.feed(stream[start : start + size])]
