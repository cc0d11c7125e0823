import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation, newMessage } from "../../public/app/kept/conversation.js";

/** @import { Message } from "../../public/app/types.js" */

let now = 0;

/** @param {string} id @param {string | null} parent @param {Message["role"]} role */
const message = (id, parent, role) =>
  newMessage({ id, conversation: "c", parent, role, created: ++now, content: `text of ${id}` });

/** Two questions, the first of them answered twice. */
function sample() {
  const conversation = Conversation.start("c", 0);
  conversation.add(message("q1", null, "user"));
  conversation.add(message("a1", "q1", "assistant"));
  conversation.add(message("q2", "a1", "user"));
  conversation.add(message("a1b", "q1", "assistant"));
  return conversation;
}

/** @param {Conversation} conversation */
const ids = (conversation) => conversation.path().map(({ id }) => id);

test("what was added last is shown", () => {
  assert.deepEqual(ids(sample()), ["q1", "a1b"]);
});

test("choosing a branch brings back all that followed in it", () => {
  const conversation = sample();
  conversation.choose("a1");
  assert.deepEqual(ids(conversation), ["q1", "a1", "q2"]);
});

test("alternatives are the answers to the same question, oldest first", () => {
  const conversation = sample();
  assert.deepEqual(
    conversation.siblings("a1b").map(({ id }) => id),
    ["a1", "a1b"],
  );
});

test("questions at the beginning are alternatives too", () => {
  const conversation = sample();
  conversation.add(message("q1b", null, "user"));
  assert.deepEqual(ids(conversation), ["q1b"]);
  assert.equal(conversation.siblings("q1").length, 2);
});

test("it comes back the same from what is kept, in whatever order", () => {
  const conversation = sample();
  conversation.choose("a1");
  const kept = [...conversation.path(), conversation.get("a1b")].reverse();
  assert.deepEqual(ids(new Conversation(structuredClone(conversation.record), kept)), ["q1", "a1", "q2"]);
});

test("a failed answer that is taken out leaves the other", () => {
  const conversation = sample();
  conversation.remove("a1b");
  assert.deepEqual(ids(conversation), ["q1", "a1", "q2"]);
});

test("what has an answer can't be taken out", () => {
  assert.throws(() => sample().remove("a1"));
});

test("its title is the beginning of the first question, cut at a word", () => {
  const conversation = Conversation.start("c", 0);
  const content = `${"word ".repeat(30)}\nsecond line`;
  conversation.add({ ...message("q", null, "user"), content });
  assert.match(conversation.record.title, /^(word ){10,12}word…$/);
});

test("what another tab has written is taken in, and the branch that is shown stays", () => {
  const conversation = sample();
  conversation.choose("a1");
  const theirs = { ...conversation.record, chosen: { q1: "a1b", q2: "a2" }, updated: 99 };
  const changed = { ...conversation.get("q2"), content: "changed" };
  conversation.merge(theirs, [changed, message("a2", "q2", "assistant")]);
  assert.deepEqual(ids(conversation), ["q1", "a1", "q2", "a2"]);
  assert.equal(conversation.get("q2").content, "changed");
  assert.equal(conversation.record.updated, 99);
});

test("messages of several tabs stand in the order of their time", () => {
  const conversation = sample();
  const early = { ...message("a0", "q1", "assistant"), created: 0 };
  conversation.merge(conversation.record, [early]);
  assert.deepEqual(
    conversation.siblings("a1").map(({ id }) => id),
    ["a0", "a1", "a1b"],
  );
});
