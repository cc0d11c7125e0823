import assert from "node:assert/strict";
import { test } from "node:test";
import { daysOf, lastDays, linesOf, thisMonth, tokensOf } from "../../public/app/actions/usage-report.js";

/** @import { Counted } from "../../public/app/types.js" */

const NOTHING = {
  requests: 1,
  refused: 0,
  prompt_tokens: 0,
  cached_tokens: 0,
  completion_tokens: 0,
  estimated_prompt_tokens: 0,
  estimated_completion_tokens: 0,
  unpriced: 0,
  cost_usd: 0,
};

/** @param {Partial<Counted>} fields @returns {Counted} */
const row = (fields) => ({ ...NOTHING, ...fields });

test("a period ends today, by UTC", () => {
  const now = Date.parse("2026-03-01T23:59:59Z");
  assert.deepEqual(lastDays(7, now), { from: "2026-02-23", to: "2026-03-01" });
  assert.deepEqual(thisMonth(now), { from: "2026-03-01", to: "2026-03-01" });
});

test("its days have no gap, where clocks change too", () => {
  assert.deepEqual(daysOf({ from: "2028-02-28", to: "2028-03-01" }), ["2028-02-28", "2028-02-29", "2028-03-01"]);
  assert.equal(daysOf({ from: "2026-01-01", to: "2026-12-31" }).length, 365);
});

test("days stand with the latest first, people and models with who cost, then used, most", () => {
  const rows = [
    row({ day: "2026-01-01", identity: "a", prompt_tokens: 5 }),
    row({ day: "2026-01-03", identity: "b", estimated_completion_tokens: 9 }),
    row({ day: "2026-01-02", identity: "c", cost_usd: 0.1 }),
    row({ day: "2026-01-03", identity: "a", prompt_tokens: 3 }),
  ];
  assert.deepEqual(
    linesOf(rows, "day").map(({ name, requests }) => [name, requests]),
    [
      ["2026-01-03", 2],
      ["2026-01-02", 1],
      ["2026-01-01", 1],
    ],
  );
  assert.deepEqual(
    linesOf(rows, "identity").map((line) => [line.name, tokensOf(line).all]),
    [
      ["c", 0],
      ["b", 9],
      ["a", 8],
    ],
  );
});
