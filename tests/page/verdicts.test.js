import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { noticeOf } from "../../public/app/actions/endings.js";
import { requestMessages } from "../../public/app/actions/context.js";
import { verdictOf } from "../../public/app/actions/verdicts.js";
import { newMessage } from "../../public/app/kept/conversation.js";
import { messageIn, messageOut, UNMEASURED } from "../../public/app/kept/shapes.js";
import { isHidden, noteVerdict } from "../../public/app/kept/verdict.js";

/** @import { Message, Verdict } from "../../public/app/types.js" */

/** @type {Verdict} */
const SAFE = { verdict: "safe", categories: [], hidden: false, may_show: true };
/** @type {Verdict} */
const UNSAFE = { verdict: "unsafe", categories: ["S1"], hidden: true, may_show: false };

/** @param {Partial<Message>} fields */
const answer = (fields = {}) =>
  newMessage({ id: "a", conversation: "c", parent: null, role: "assistant", created: 1, ...fields });

/** @param {Verdict} verdict */
const factsWith = (verdict) => ({ model: null, temperature: null, ...UNMEASURED, verdict });

test("a verdict that is not there yet is asked for again, later and later, and given up after half a minute", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const given = verdictOf(async () => {
    asked++;
    return null;
  });
  const counts = [];
  for (const ms of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 60_000]) {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    counts.push(asked);
    mock.timers.tick(ms);
  }
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(await given, null);
  mock.timers.reset();
});

test("one that is there is not asked for again", async () => {
  assert.equal(await verdictOf(async () => SAFE), SAFE);
});

test("an answer of several calls is hidden where one of them is, and asks for none twice", () => {
  const message = answer({ facts: { ...factsWith(SAFE), judging: ["1", "2", "3"] } });
  noteVerdict(message, "1", UNSAFE);
  noteVerdict(message, "2", SAFE);
  assert.ok(isHidden(message));
  assert.deepEqual(message.facts?.judging, ["3"]);
  noteVerdict(message, "3", null);
  assert.ok(isHidden(message));
  assert.ok(!("judging" in (message.facts ?? {})));
});

test("it goes with its answer to other devices", () => {
  assert.deepEqual(messageIn(messageOut(answer({ facts: factsWith(UNSAFE) }))).facts?.verdict, UNSAFE);
});

test("a covered exchange is not sent along, the question that is asked always is", () => {
  const turns = ["one", "covered", "two", "three", "four"].map((content, at) => {
    return answer({
      id: String(at),
      role: at % 2 === 0 ? "user" : "assistant",
      content,
      facts: content === "covered" ? factsWith(UNSAFE) : null,
    });
  });
  const sent = requestMessages({ path: turns, system: "", window: null });
  assert.deepEqual(
    sent.messages.map(({ content }) => content),
    ["two", "three", "four"],
  );
  assert.equal(sent.leftOut, 0);
});

test("a covered answer is not continued, and one that a filter cut says that the rest is withheld", () => {
  const cut = answer({ content: "text", ending: { kind: "length", error: null } });
  assert.deepEqual(noticeOf(cut)?.actions, ["continue"]);
  assert.deepEqual(noticeOf({ ...cut, facts: factsWith(UNSAFE) })?.actions, ["retry"]);
  assert.equal(noticeOf({ ...cut, ending: { kind: "filtered", error: null } })?.key, "ending.withheld");
  assert.equal(noticeOf({ ...cut, content: "", ending: { kind: "filtered", error: null } })?.key, "ending.filtered");
});
