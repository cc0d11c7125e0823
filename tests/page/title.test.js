import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cleanTitle, titleFor } from "../../public/app/actions/title.js";

describe("a model's title", () => {
  for (const [written, title] of [
    ["Cats at night", "Cats at night"],
    ["“Cats at night”", "Cats at night"],
    ['\n\n"Cats at night."\n\nI hope you like it!', "Cats at night"],
    ["**Title:** Cats at night", "Cats at night"],
    ["Title: Cats  at\tnight", "Cats at night"],
    ["# Cats", "Cats"],
    ["「夜の猫」", "夜の猫"],
    ["タイトル：夜の猫。", "夜の猫"],
    ["What is a cat?", "What is a cat?"],
    ["\u202eevil\u0007 name", "evil name"],
    ["<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
    ["***", ""],
    ["", ""],
  ]) {
    test(`of ${JSON.stringify(written)} is ${JSON.stringify(title)}`, () => {
      assert.equal(cleanTitle(String(written)), title);
    });
  }

  test("is cut at a word, where there is one, to sixty characters", () => {
    const words = cleanTitle("word ".repeat(50));
    assert.ok(words.length <= 60 && words.endsWith("word…"));
    assert.equal(cleanTitle("猫".repeat(100)), `${"猫".repeat(59)}…`);
    assert.ok(cleanTitle(`x${"😀".repeat(100)}`).isWellFormed());
  });
});

describe("asking for it", () => {
  const ask = {
    question: "Cats?",
    answer: "Meow.",
    url: "https://edge.example/v1/chat/completions",
    token: "t",
    model: "m",
  };
  /** @param {string} text @param {string} reason */
  const stream = (text, reason) => {
    const chunk = { choices: [{ index: 0, delta: { content: text }, finish_reason: reason }] };
    return new Response(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`, {
      headers: { "content-type": "text/event-stream" },
    });
  };

  test("takes the same model, the person's token and few tokens", async () => {
    /** @type {Request[]} */
    const requests = [];
    const fetch = async (/** @type {Request} */ request) => {
      requests.push(request);
      return stream("Cats", "stop");
    };
    assert.equal(await titleFor({ ...ask, fetch }), "Cats");
    const body = await /** @type {Request} */ (requests[0]).json();
    assert.equal(requests[0]?.headers.get("authorization"), "Bearer t");
    assert.deepEqual([body.model, body.max_tokens, body.max_completion_tokens], ["m", 50, 50]);
    assert.match(body.messages[0].content, /Question: Cats\?\n\nAnswer: Meow\./);
  });

  test("gives none where it is cut, refused, broken off or can't be sent", async () => {
    const refused = async () => new Response("{}", { status: 429 });
    const broken = async () => Promise.reject(new TypeError("no network"));
    assert.equal(await titleFor({ ...ask, fetch: async () => stream("Cats and", "length") }), "");
    assert.equal(await titleFor({ ...ask, fetch: refused }), "");
    assert.equal(await titleFor({ ...ask, fetch: broken }), "");
    assert.equal(await titleFor({ ...ask, token: "\n猫", fetch: async () => stream("Cats", "stop") }), "");
  });
});
