"""What a guard is given to read of an answer, where an answer is cut, and how it ends."""

import json
import math
from collections.abc import Iterable

import pytest

from gateway.answers.events import Event, EventParser
from gateway.judging.conversation import Conversation
from gateway.judging.pieces import LONG_CHARS, MAX_HELD, Piece, Pieces, TooLarge
from gateway.judging.texts import MAX_CHARS, Texts
from gateway.request.prompt import FIRST_CHARS
from gateway.upstream.verdict import SAFE, UNJUDGED, Verdict, read

DONE = Event("message", "[DONE]")
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "org/a", "system_fingerprint": "fp_1"}


def chunk(delta: object, index: int = 0, **choice: object) -> Event:
    return Event("message", json.dumps({**HEAD, "choices": [{"index": index, "delta": delta, "finish_reason": None, **choice}]}))


def says(text: str) -> Event:
    return chunk({"content": text})


def joined(events: Iterable[Event]) -> str | None:
    texts = Texts()
    for event in events:
        texts.add(texts.read(event))
    return texts.joined


class TestWhatIsRead:
    def test_is_put_together_by_its_place(self) -> None:
        said = [
            chunk({"role": "assistant", "content": ""}),
            chunk({"reasoning_content": "Hm"}),
            chunk({"reasoning_content": "m."}),
            chunk({"content": "Yes"}),
            chunk({"content": "No"}, index=1),
            chunk({"content": ", a"}),
            chunk({"content": "."}, index=1),
            chunk(
                {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{"}}]}
            ),
            chunk({"tool_calls": [{"index": 1, "function": {"name": "g", "arguments": "[]"}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]}),
            chunk({"refusal": "I won't."}),
            chunk({}, finish_reason="stop"),
            Event("message", json.dumps({**HEAD, "choices": [], "usage": {"prompt_tokens": 1, "total_tokens": 2}})),
            DONE,
        ]
        assert joined(said) == "Hmm.\n\nYes, a\n\nNo.\n\n{}\n\n[]\n\nI won't."

    @pytest.mark.parametrize(
        "event",
        [
            Event("message", "unsafe words"),
            Event("message", '"unsafe words"'),
            Event("message", '{"choices": "unsafe words"}'),
            Event("message", '{"unsafe words": 1}'),
            Event("message", '{"id": "unsafe words"}'),
            Event("message", '{"error": {"message": "unsafe words"}}'),
            Event("message", '{"choices": [{"text": "unsafe words"}]}'),
            Event("message", '{"choices": [{"delta": {"type": {"text": "unsafe words"}}}]}'),
            Event("message", '{"choices": [{"delta": {"content": "unsafe words", "content": ""}}]}'),
            Event("message", '{"choices": [{"delta": {"content": [{"type": "text", "text": "unsafe words"}]}}]}'),
            Event("message", '{"choices": [{"delta": {"role": "unsafe words"}}]}'),
            Event("message", '{"choices": [{"finish_reason": "unsafe words"}]}'),
            Event("message", "[" * 5000 + '"unsafe words"'),
            Event("message", '{"unsafe words": ' + "1" * 5000 + "}"),
            Event("unsafe words", "{}"),
        ],
    )
    def test_is_every_text_wherever_it_stands(self, event: Event) -> None:
        assert "unsafe words" in (joined([event]) or "")

    @pytest.mark.parametrize("name", ["text", "anything"])
    def test_has_what_is_said_a_word_at_a_time(self, name: str) -> None:
        assert joined([chunk({name: "un"}), chunk({name: "safe"})]) == "unsafe"

    def test_has_no_log_probabilities(self) -> None:
        told = {"content": [{"token": " Yes", "logprob": -0.1, "top_logprobs": [{"token": " No"}]}]}
        assert joined([chunk({"content": " Yes"}, logprobs=told)]) == " Yes"
        assert joined([chunk({"logprobs": " Yes"})]) == " Yes"

    def test_is_bounded(self) -> None:
        texts = Texts()
        for _ in range(30):
            texts.add(texts.read(says("x" * 10_000)))
        assert (texts.joined, texts.chars) == (None, 300_000)
        assert sum(len(piece) for pieces in texts._pieces.values() for piece in pieces) <= MAX_CHARS


def cut(events: Iterable[Event]) -> list[Piece]:
    pieces = Pieces()
    return [piece for event in events for piece in pieces.take(event)]


def content(data: bytes) -> str:
    chunks = [json.loads(event.data) for event in EventParser().feed(data) if event.data != "[DONE]"]
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


def words(text: str) -> list[Event]:
    """An event for each word, with the space before it, as tokens have it."""
    return [says(word if number == 0 else f" {word}") for number, word in enumerate(text.split(" "))]


PARAGRAPH = "word " * 59 + "end.\n\n"


class TestWhereAnAnswerIsCut:
    def test_at_a_paragraphs_end(self) -> None:
        first, second = (content(piece.data) for piece in cut([*words(PARAGRAPH), *words(PARAGRAPH), says("On")]))
        assert first == second == PARAGRAPH

    @pytest.mark.parametrize(
        "events",
        [
            ["First.\n", "\n", "Second"],
            ["First.\n \n", "Second"],
            ["First.\n\nSec", "ond", " third"],
            ["First.", "\n\nSec", "ond ", "third"],
        ],
    )
    def test_never_within_a_word(self, events: list[str]) -> None:
        *before, last = events
        (first,) = cut([says("word " * 50), *map(says, before), says(last)])
        assert content(first.data) == "word " * 50 + "".join(before)

    def test_not_before_there_is_enough_to_judge(self) -> None:
        assert cut([says("Short.\n\n"), says("Short.\n\n")]) == []

    def test_each_piece_has_half_of_what_came_before(self) -> None:
        pieces = cut([word for _ in range(200) for word in words(PARAGRAPH)])
        shown = 0
        for piece in pieces:
            size = len(content(piece.data))
            assert size >= max(FIRST_CHARS, shown // 2)
            shown += size
            assert piece.text is not None
            assert len(piece.text) == shown
        read = sum(len(piece.text or "") for piece in pieces)
        assert read <= 3 * shown
        assert len(pieces) <= 2 + math.log(shown / FIRST_CHARS, 1.5)

    @pytest.mark.parametrize(
        ("token", "longest"),
        [("word ", LONG_CHARS + 5), ("語。", LONG_CHARS + 2), ("語", 2 * LONG_CHARS), ("abc", 2 * LONG_CHARS + 3)],
    )
    def test_a_paragraph_without_end_is_cut_all_the_same(self, token: str, longest: int) -> None:
        (first, *_) = cut([says(token)] * (3 * LONG_CHARS))
        assert LONG_CHARS <= len(content(first.data)) <= longest

    def test_what_says_nothing_does_not_wait(self) -> None:
        (begin,) = cut([chunk({"role": "assistant", "content": ""})])
        assert begin.text == ""
        assert b"assistant" in begin.data

    def test_at_the_end(self) -> None:
        _, rest = cut([chunk({"role": "assistant"}), says("Hi"), chunk({}, finish_reason="stop"), DONE])
        assert rest.text == "Hi"
        assert rest.data.endswith(b"data: [DONE]\n\n")

    def test_nothing_comes_after_it(self) -> None:
        assert len(cut([says("Hi"), DONE, says("more"), DONE])) == 1

    def test_an_answer_that_is_given_whole_is_one_piece(self) -> None:
        pieces = Pieces(is_one=True)
        assert [piece for word in words(PARAGRAPH * 50) for piece in pieces.take(word)] == []
        assert content(pieces.rest().data) == PARAGRAPH * 50

    def test_the_data_of_an_event_is_passed_on_as_it_came(self) -> None:
        raw = b': a comment\nid: 7\nretry: 1\nevent: named\ndata: {"a":\ndata:   1e999}\nother: x\n\n'
        (event,) = EventParser().feed(raw)
        (piece,) = cut([event])
        assert piece.data == b'event: named\ndata: {"a":\ndata:   1e999}\n\n'

    def test_what_is_held_is_bounded(self) -> None:
        pieces = Pieces(is_one=True)
        event = Event("message", f'{{"choices": [{{"text": "a"}}], "padding": {"1" * 4_000} }}' + " " * (MAX_HELD // 3))
        for _ in range(2):
            pieces.take(event)
        with pytest.raises(TooLarge):
            pieces.take(event)

    def test_one_that_is_too_long_to_be_judged_says_so(self) -> None:
        *_, last = cut([word for _ in range(900) for word in words(PARAGRAPH)])
        assert last.text is None


class TestHowAnAnswerEndsThatIsWithheld:
    def test_each_of_its_choices_is_filtered(self) -> None:
        pieces = Pieces()
        for index in (1, 0):
            pieces.take(chunk({"content": "unsafe"}, index=index))
        *chunks, done = EventParser().feed(pieces.withheld({"id": "x", "created": 2, "model": "y"}))
        assert done == DONE
        assert [json.loads(event.data) for event in chunks] == [
            {
                "id": "chatcmpl-1",
                "created": 1,
                "model": "org/a",
                "object": "chat.completion.chunk",
                "choices": [{"index": index, "delta": {}, "finish_reason": "content_filter"}],
            }
            for index in (0, 1)
        ]

    def test_it_repeats_nothing_but_labels(self) -> None:
        pieces = Pieces()
        pieces.take(Event("message", '{"id": "unsafe words", "model": "unsafe words", "created": "unsafe words"}'))
        ending = pieces.withheld({"id": "x", "created": 2, "model": "y"})
        assert b"unsafe" not in ending
        assert b'"id": "x", "created": 2, "model": "y"' in ending


class TestTheConversation:
    def test_has_the_question_to_the_letter_and_the_answer(self) -> None:
        question = b'[ {"role":"user","content":"\\u3042", "x":1e999} ]'
        answered = Conversation(question).answered("“Yes”\n")
        assert answered.startswith(b'[{"role":"user","content":"\\u3042", "x":1e999},')
        assert json.loads(answered)[-1] == {"role": "assistant", "content": "“Yes”\n"}

    def test_goes_on_with_an_answer_that_was_begun(self) -> None:
        question = b'[{"role":"user","content":"Hi"},{"role":"assistant","content":"He"}]'
        assert [turn["content"] for turn in json.loads(Conversation(question).answered("llo"))] == ["Hi", "Hello"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("safe", SAFE),
        ("\n\nSafe\n", SAFE),
        ("unsafe", Verdict("unsafe")),
        ("\n\nunsafe\nS1", Verdict("unsafe", ("S1",))),
        ("unsafe\nS1,S10, O3", Verdict("unsafe", ("S1", "S10", "O3"))),
        ("unsafe\nbecause of what was said: S2", Verdict("unsafe", ("S2",))),
        ("safest", UNJUDGED),
        ("safe, but", UNJUDGED),
        ("unsafe, S1", UNJUDGED),
        ("", UNJUDGED),
        ("I cannot tell.", UNJUDGED),
    ],
)
def test_what_a_guard_says(text: str, verdict: Verdict) -> None:
    assert read(text) == verdict
