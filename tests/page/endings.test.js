import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { newMessage } from "../../public/app/kept/conversation.js";
import { endingOf, noticeOf } from "../../public/app/actions/endings.js";

/** @import { StreamEnd, StreamError } from "../../public/ionet-stream.js" */
/** @import { Ending } from "../../public/app/types.js" */

const WORDS = JSON.parse(readFileSync(new URL("../../public/i18n/en.json", import.meta.url), "utf8"));

/** @param {Partial<StreamEnd>} end */
const ended = (end) => endingOf({ type: "end", how: "done", finishReason: null, error: null, requestId: null, ...end });

/** @param {Ending} ending @param {string} [content] */
const said = (ending, content = "") =>
  noticeOf(newMessage({ id: "m", conversation: "c", parent: null, role: "assistant", created: 0, ending, content }));

/** @param {Partial<StreamError>} error @returns {Ending} */
const refused = (error) =>
  ended({ how: "error", error: { kind: "http", message: "in their words", answeredBy: "edge", ...error } });

test("each ending has its name", () => {
  assert.equal(ended({ finishReason: "stop" }).kind, "done");
  assert.equal(ended({ finishReason: "length" }).kind, "length");
  assert.equal(ended({ finishReason: "content_filter" }).kind, "filtered");
  assert.equal(ended({ how: "stopped" }).kind, "stopped");
  assert.equal(ended({ how: "interrupted" }).kind, "interrupted");
  assert.equal(ended({ how: "error", error: { kind: "event", message: "" } }).kind, "failed");
  assert.equal(ended({ how: "error", error: { kind: "network", message: "" } }).kind, "unreachable");
  assert.equal(refused({ status: 400, code: "content_filter" }).kind, "filtered");
  assert.equal(refused({ status: 429 }).kind, "refused-edge");
  assert.equal(refused({ status: 429, answeredBy: "upstream" }).kind, "refused-upstream");
});

test("a complete answer needs no word, an empty one does", () => {
  assert.equal(said(ended({ finishReason: "stop" }), "text"), null);
  assert.equal(said(ended({ finishReason: "stop" }))?.key, "ending.empty");
});

test("a cut answer can be continued; one whose thinking took all can't", () => {
  assert.deepEqual(said(ended({ finishReason: "length" }), "text")?.actions, ["continue"]);
  assert.equal(said(ended({ finishReason: "length" }))?.key, "ending.lengthEmpty");
});

describe("a refusal says who refused, why, and what to do", () => {
  const cases = /** @type {[Partial<StreamError>, string, string[]][]} */ ([
    [{ status: 401, code: "missing_token" }, "refused.missing_token", ["settings", "retry"]],
    [{ status: 401, code: "invalid_token" }, "refused.invalid_token", ["settings", "retry"]],
    [{ status: 401, code: "expired_token" }, "refused.expired_token", ["settings", "retry"]],
    [{ status: 403, code: "model_not_allowed" }, "refused.forbidden", ["models", "retry"]],
    [{ status: 413 }, "refused.tooLong", []],
    [{ status: 429, code: "rate_limit_exceeded" }, "refused.rate", ["retry"]],
    [{ status: 429, code: "rate_limit_exceeded", retryAfter: 12.2 }, "refused.rateWait", ["retry"]],
    [{ status: 429, code: "budget_exceeded", retryAfter: 3600 }, "refused.budgetWait", ["retry"]],
    [{ status: 503, code: "not_configured" }, "refused.not_configured", []],
    [{ status: 504 }, "refused.noUpstream", ["retry"]],
    [{ status: 400 }, "refused.edge", ["retry"]],
    [{ status: 401, answeredBy: "upstream" }, "upstream.key", ["retry"]],
    [
      { status: 402, answeredBy: "upstream", message: "Model 'x' requires a higher tier" },
      "upstream.tier",
      ["models", "retry"],
    ],
    [{ status: 402, answeredBy: "upstream", message: "Insufficient credits" }, "upstream.credits", ["models", "retry"]],
    [{ status: 404, answeredBy: "upstream" }, "upstream.noModel", ["models", "retry"]],
    [{ status: 429, answeredBy: "upstream", retryAfter: 1 }, "upstream.rateWait", ["retry"]],
    [{ status: 524, answeredBy: "upstream" }, "upstream.busy", ["models", "retry"]],
    [{ status: 422, answeredBy: "upstream" }, "upstream.other", ["models", "retry"]],
  ]);
  for (const [error, key, actions] of cases) {
    test(`${error.status} ${error.code ?? error.message ?? ""} of the ${error.answeredBy ?? "edge"}: ${key}`, () => {
      const notice = said(refused(error));
      assert.equal(notice?.key, key);
      assert.deepEqual(notice?.actions, actions);
      assert.equal(notice?.tone, "error");
      assert.equal(notice?.detail, error.message ?? "in their words");
      assert.ok(WORDS[key], `no words for ${key}`);
    });
  }
});
