import assert from "node:assert/strict";
import { test } from "node:test";
import { newMessage } from "../../public/app/kept/conversation.js";
import { isSame, merged, mergedMessage } from "../../public/app/kept/merge.js";
import { goneEntry, messageEntry, otherKey, personaEntry, roomEntry } from "../../public/app/kept/outbox.js";
import { messageIn, messageOut } from "../../public/app/kept/shapes.js";

const room = { id: "r", title: "Tea", pinned: false, chosen: { "": "a" }, updated: 10, version: 4 };
const answer = newMessage({ id: "m", conversation: "r", parent: "q", role: "assistant", created: 5, version: 4 });
const done = { kind: /** @type {const} */ ("done"), error: null };
const closed = { kind: /** @type {const} */ ("closed"), error: null };

test("each side keeps what it changed, and the version is above both", () => {
  const mine = { ...room, chosen: { "": "a", a: "b" }, updated: 20, version: 5 };
  const theirs = { ...room, title: "Green tea", pinned: true, updated: 15, version: 6, seq: 9 };
  const both = merged(room, mine, theirs);
  assert.deepEqual(both, { ...theirs, chosen: { "": "a", a: "b" }, updated: 20, version: 7 });
});

test("what both changed is as it is here", () => {
  const both = merged(room, { ...room, title: "Black tea", version: 5 }, { ...room, title: "Green tea", version: 5 });
  assert.equal(both.title, "Black tea");
});

test("a branch that was taken back here stays taken back only where nobody else chose it anew", () => {
  const theirs = { ...room, chosen: { "": "a", a: "c" }, version: 5 };
  assert.deepEqual(merged(room, { ...room, version: 5 }, theirs).chosen, { "": "a", a: "c" });
});

test("of one answer the text that is further stays: that of an end, else the longer one", () => {
  const half = { ...answer, content: "Half of it, and", ending: closed };
  const whole = { ...answer, content: "Half of it.", ending: done };
  const shorter = { ...answer, content: "Half", version: 9 };
  for (const [mine, theirs, content] of /** @type {const} */ ([
    [half, whole, "Half of it."],
    [whole, half, "Half of it."],
    [shorter, half, "Half of it, and"],
    [half, shorter, "Half of it, and"],
  ])) {
    const both = mergedMessage(mine, theirs);
    assert.equal(both.content, content);
    assert.equal(both.version, Math.max(mine.version, theirs.version) + 1);
  }
});

test("an answer that its page has closed does not begin to be written again", () => {
  assert.deepEqual(
    mergedMessage({ ...answer, content: "Half" }, { ...answer, content: "Half", ending: closed }).ending,
    closed,
  );
});

test("the same is the same, whatever the edge adds and in whatever order", () => {
  assert.ok(isSame({ a: [1, { b: null }], c: { d: "e" } }, { seq: 1, c: { d: "e" }, a: [1, { b: null }] }));
  assert.ok(!isSame({ a: [1] }, { a: [1, 2] }));
  assert.ok(!isSame({ a: null }, { a: {} }));
  assert.ok(!isSame({ a: 1 }, {}));
});

test("things go out in an order in which none is without what it needs", () => {
  const early = { id: "z", conversation: "r", created: 999, version: 1 };
  const late = { id: "a", conversation: "r", created: 1_000, version: 1 };
  const entries = [
    goneEntry(early),
    goneEntry(late),
    messageEntry(late),
    messageEntry(early),
    roomEntry({ id: "r", version: 1 }),
    personaEntry({ id: "p", version: 1 }),
  ];
  const order = entries
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ kind, id, gone }) => `${gone ? "-" : ""}${kind} ${id}`);
  assert.deepEqual(order, ["persona p", "room r", "message z", "message a", "-message a", "-message z"]);
});

test("a message and its deletion take each other's place", () => {
  assert.equal(otherKey(messageEntry(answer)), goneEntry(answer).key);
  assert.equal(otherKey(goneEntry(answer)), messageEntry(answer).key);
});

test("a message is the same after a way to the edge and back", () => {
  const facts = {
    model: "m",
    temperature: 0.5,
    firstTokenMs: 1,
    writingMs: 2,
    reasoningMs: null,
    tokens: 3,
    tokensCounted: true,
    leftOut: 0,
  };
  const message = {
    ...answer,
    content: "Hi.",
    reasoning: "Hm.",
    toolCalls: [{ name: "f", arguments: "{}" }],
    facts,
    ending: done,
  };
  const { heard: _, ...back } = messageIn(messageOut(message));
  assert.deepEqual(back, message);
});

test("only an answer that is not at its end is heard growing", () => {
  assert.equal(messageIn(messageOut(answer), 7).heard, 7);
  assert.equal("heard" in messageIn(messageOut({ ...answer, ending: done }), 7), false);
  assert.equal("heard" in messageIn(messageOut({ ...answer, role: "user" }), 7), false);
});
