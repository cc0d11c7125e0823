import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newFacts } from "../../public/app/actions/answer.js";
import { addUsage, usageOf } from "../../public/app/actions/usage.js";
import { newMessage } from "../../public/app/kept/conversation.js";

/** @import { Message, Usage } from "../../public/app/types.js" */

/** @param {number} asked @param {number} answered @returns {Usage} */
const usage = (asked, answered) => ({
  prompt_tokens: asked,
  completion_tokens: answered,
  total_tokens: asked + answered,
});

/** @param {string} model @param {Usage | null} told */
const answer = (model, told) =>
  newMessage({
    id: "a",
    conversation: "c",
    parent: null,
    role: "assistant",
    created: 1,
    facts: { ...newFacts(), model },
    usage: told,
  });

const question = newMessage({ id: "q", conversation: "c", parent: null, role: "user", created: 0 });

describe("of an answer", () => {
  test("the first call's usage is as it was told", () => {
    assert.deepEqual(addUsage(null, { ...usage(3, 4), details: { cached: 1 } }), {
      ...usage(3, 4),
      details: { cached: 1 },
    });
  });

  test("a continued one's calls add up", () => {
    assert.deepEqual(addUsage(usage(3, 4), usage(10, 5)), usage(13, 9));
  });

  test("what only one of the calls told stays", () => {
    assert.deepEqual(addUsage({ prompt_tokens: 3 }, { completion_tokens: 4 }), {
      prompt_tokens: 3,
      completion_tokens: 4,
    });
  });
});

describe("of a room", () => {
  test("all answers are summed up, and those that were not counted are known", () => {
    const { models: _, ...sum } = usageOf([
      question,
      answer("m", usage(3, 4)),
      answer("m", null),
      answer("m", usage(5, 6)),
    ]);
    assert.deepEqual(sum, { answers: 3, counted: 2, asked: 8, answered: 10 });
  });

  test("by model, the most asked first", () => {
    const { models } = usageOf([answer("one", usage(1, 1)), answer("two", usage(2, 2)), answer("two", usage(3, 3))]);
    assert.deepEqual(models, [
      { model: "two", answers: 2, counted: 2, asked: 5, answered: 5 },
      { model: "one", answers: 1, counted: 1, asked: 1, answered: 1 },
    ]);
  });

  test("numbers that are none count as nothing", () => {
    const hostile = /** @type {any} */ ({ prompt_tokens: "many", completion_tokens: null });
    const { asked, answered } = usageOf([answer("m", hostile)]);
    assert.deepEqual([asked, answered], [0, 0]);
  });
});
