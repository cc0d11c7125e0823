import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { estimateTokens, fitsEdge, requestMessages } from "../../public/app/actions/context.js";
import { newMessage } from "../../public/app/kept/conversation.js";

/** @import { Picture } from "../../public/app/types.js" */

/** @param {...string} contents questions and answers in turn */
const turns = (...contents) =>
  contents.map((content, at) =>
    newMessage({
      id: String(at),
      conversation: "c",
      parent: at === 0 ? null : String(at - 1),
      role: at % 2 === 0 ? "user" : "assistant",
      created: at,
      content,
    }),
  );

/** @param {{ messages: { content?: unknown }[] }} request */
const contents = ({ messages }) => messages.map(({ content }) => content);

const base = { system: "", window: null };

test("the whole conversation goes along where there is room", () => {
  const request = requestMessages({ ...base, path: turns("a", "b", "c") });
  assert.deepEqual(request, {
    messages: [
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
      { role: "user", content: "c" },
    ],
    leftOut: 0,
    picturesLeftOut: null,
  });
});

test("the system prompt comes first, a blank one not at all", () => {
  assert.deepEqual(contents(requestMessages({ ...base, system: "S", path: turns("a") })), ["S", "a"]);
  assert.deepEqual(contents(requestMessages({ ...base, system: "  ", path: turns("a") })), ["a"]);
});

test("answers that failed without a word are left out, without counting", () => {
  const request = requestMessages({ ...base, path: turns("a", "", "c") });
  assert.deepEqual(contents(request), ["a", "c"]);
  assert.equal(request.leftOut, 0);
});

test("when the window is full the oldest turns go, each with its answer", () => {
  const long = "x".repeat(300); // 100 tokens
  const request = requestMessages({ ...base, window: 500, path: turns(long, long, long, long, "last") });
  assert.deepEqual(contents(request), [long, long, "last"]);
  assert.equal(request.leftOut, 2);
});

test("an answer does not begin the context without its question", () => {
  const long = "x".repeat(300);
  const request = requestMessages({ ...base, window: 280, path: turns(long, long, "last") });
  assert.deepEqual(contents(request), ["last"]);
  assert.equal(request.leftOut, 2);
});

test("the last message goes along however long it is", () => {
  assert.deepEqual(
    contents(requestMessages({ ...base, window: 10, path: turns("a", "b", "x".repeat(1000)) })).length,
    1,
  );
});

test("the edge's limits on messages and bytes count as well", () => {
  const path = turns("a", "b", "c", "d", "e");
  assert.deepEqual(contents(requestMessages({ ...base, path, limits: { max_messages: 3 } })), ["c", "d", "e"]);
  assert.deepEqual(contents(requestMessages({ ...base, path, limits: { max_body_bytes: 150 } })), ["c", "d", "e"]);
});

test("to continue, the cut answer goes along and the model is asked for the rest", () => {
  const { messages } = requestMessages({ ...base, path: turns("a", "half"), continuing: true });
  assert.deepEqual(messages.slice(0, 2), [
    { role: "user", content: "a" },
    { role: "assistant", content: "half" },
  ]);
  assert.equal(messages[2]?.role, "user");
});

describe("pictures", () => {
  /** @param {string} name @param {number} [chars] @returns {Picture} 36 tokens */
  const picture = (name, chars = 10) => ({ name, url: `data:,${name}`.padEnd(chars, "x"), width: 160, height: 160 });

  /** Three turns: a picture with a word, an answer, and `last`. @param {string} text @param {Picture[]} pictures */
  const conversation = (text, pictures) => {
    const path = turns("What is it?", "A cat.", text);
    if (path[0]) path[0].pictures = [picture("cat", 500)];
    if (path[2]) path[2].pictures = pictures;
    return path;
  };

  /** What is sent, pictures by their names. @param {ReturnType<typeof requestMessages>} request */
  const sent = (request) =>
    contents(request).map((content) =>
      Array.isArray(content)
        ? content.map((part) => part.text ?? part.image_url.url.replaceAll("x", "").replace("data:,", ""))
        : content,
    );

  test("go along in OpenAI's parts, behind the text", () => {
    const path = turns("Look");
    if (path[0]) path[0].pictures = [picture("a")];
    assert.deepEqual(contents(requestMessages({ ...base, path })), [
      [
        { type: "text", text: "Look" },
        { type: "image_url", image_url: { url: "data:,axxx" } },
      ],
    ]);
  });

  test("of earlier questions go along while there is room, and are left out whole", () => {
    const path = conversation("And it?", [picture("dog", 500)]);
    assert.deepEqual(sent(requestMessages({ ...base, path })), [["What is it?", "cat"], "A cat.", ["And it?", "dog"]]);
    for (const tight of [{ window: 120 }, { limits: { max_body_bytes: 1200 } }]) {
      const request = requestMessages({ ...base, path, ...tight });
      assert.deepEqual(sent(request), ["What is it?", "A cat.", ["And it?", "dog"]]);
      assert.deepEqual(request.picturesLeftOut, { count: 1, why: "room" });
    }
  });

  test("a question that was nothing but a picture keeps its place without it", () => {
    const request = requestMessages({ ...base, path: conversation("", [picture("dog")]), takesPictures: false });
    assert.deepEqual(sent(request), ["What is it?", "A cat.", "[A picture that is not shown here.]"]);
    assert.deepEqual(request.picturesLeftOut, { count: 2, why: "model" });
  });

  test("count for the size of a question", () => {
    const question = { content: "Look", system: "", limits: { max_body_bytes: 1000 } };
    assert.equal(fitsEdge({ ...question, pictures: [picture("a", 500)] }), true);
    assert.equal(fitsEdge({ ...question, pictures: [picture("a", 500), picture("b", 500)] }), false);
  });
});

test("Japanese counts a token a character, English fewer", () => {
  assert.equal(estimateTokens("日本語です"), 5);
  assert.equal(estimateTokens("hello, you"), 4);
});
