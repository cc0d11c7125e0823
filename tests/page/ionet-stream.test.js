import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { streamChat } from "../../public/ionet-stream.js";
import { endOf, eventsOf, playing, SAMPLES, sample, textOf } from "./streams.js";

/** @param {object} delta @param {string | null} [finish] */
const frame = (delta, finish = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** What a reader of each sample sees. @type {Record<string, { content: string, reasoning?: string, how: string, finish: string | null }>} */
const EXPECTED = {
  "chat.sse": { content: "Streaming means the first word arrives before the last.", how: "done", finish: "stop" },
  "crlf-comments.sse": { content: "No space after data:", how: "done", finish: "stop" },
  "empty-answer.sse": { content: "", how: "done", finish: "length" },
  "error-midstream.sse": { content: "The first half", how: "error", finish: null },
  "reasoning.sse": {
    content: "The answer is **391**.",
    reasoning: "The user asks 17 * 23; 17 * 23 = 391.",
    how: "done",
    finish: "stop",
  },
  "reasoning-newer.sse": { content: "Done.", reasoning: "Let me think.", how: "done", finish: "stop" },
  "tool-calls.sse": { content: "", how: "done", finish: "tool_calls" },
};

describe("what a stream becomes", () => {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    test(name, async () => {
      const events = await eventsOf(playing([sample(name)]));
      assert.equal(textOf(events, "content"), expected.content);
      assert.equal(textOf(events, "reasoning"), expected.reasoning ?? "");
      assert.equal(endOf(events).how, expected.how);
      assert.equal(endOf(events).finishReason, expected.finish);
    });
  }

  test("usage is given although its chunk has no choices", async () => {
    const events = await eventsOf(playing([sample("chat.sse")]));
    const usage = events.find((event) => event.type === "usage");
    assert.deepEqual(usage?.usage, { prompt_tokens: 21, total_tokens: 31, completion_tokens: 10 });
  });

  test("the fragments of a tool call join to its arguments", async () => {
    const calls = (await eventsOf(playing([sample("tool-calls.sse")]))).filter((event) => event.type === "tool-call");
    assert.equal(calls[0]?.name, "get_weather");
    assert.deepEqual(JSON.parse(calls.map((call) => call.arguments).join("")), { city: "Tokyo" });
  });

  test("an error inside the stream keeps its message and code", async () => {
    const { error } = endOf(await eventsOf(playing([sample("error-midstream.sse")])));
    assert.equal(error?.kind, "event");
    assert.equal(error?.message, "EngineCore encountered an issue.");
    assert.equal(error?.code, 500);
  });

  test("a stream without finish reason and [DONE] was interrupted", async () => {
    const events = await eventsOf(playing([sample("truncated.sse")]));
    assert.equal(endOf(events).how, "interrupted");
    assert.notEqual(textOf(events, "content"), "");
  });
});

describe("every sample stream, cut at every byte", () => {
  for (const name of SAMPLES) {
    const bytes = sample(name);

    test(`${name}: in two pieces it gives the same events`, async () => {
      const whole = JSON.stringify(await eventsOf(playing([bytes])));
      for (let at = 1; at < bytes.length; at++) {
        const cut = await eventsOf(playing([bytes.subarray(0, at), bytes.subarray(at)]));
        assert.equal(JSON.stringify(cut), whole, `cut at byte ${at}`);
      }
    });

    test(`${name}: byte for byte it gives the same events`, async () => {
      const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
      assert.deepEqual(await eventsOf(playing(single)), await eventsOf(playing([bytes])));
    });

    test(`${name}: broken off there, it ends as what was seen until there`, async () => {
      const whole = await eventsOf(playing([bytes]));
      const texts = whole.map((event) => JSON.stringify(event));
      for (let at = 0; at < bytes.length; at++) {
        const events = await eventsOf(playing([bytes.subarray(0, at)], { after: at % 2 === 0 ? "close" : "break" }));
        const { how, finishReason } = endOf(events);
        if (finishReason !== null) assert.equal(how, "done");
        if (how === "error") assert.equal(endOf(whole).how, "error");
        const before = events.slice(0, -1).map((event) => JSON.stringify(event));
        assert.deepEqual(before, texts.slice(0, before.length), `broken off at byte ${at}`);
      }
    });
  }
});

describe("how it ends", () => {
  test("a connection that breaks after the finish reason is not a failure", async () => {
    const events = await eventsOf(playing([frame({ content: "All." }), frame({}, "stop")], { after: "break" }));
    assert.equal(endOf(events).how, "done");
  });

  test("an error event after the finish reason is not a failure", async () => {
    const late = 'data: {"error":{"message":"late"}}\n\n';
    assert.equal(endOf(await eventsOf(playing([frame({ content: "All." }, "stop"), late]))).how, "done");
  });

  test("[DONE] alone is success, and nothing behind it is read", async () => {
    const events = await eventsOf(playing([frame({ content: "a" }), "data: [DONE]\n\n", frame({ content: "b" })]));
    assert.equal(endOf(events).how, "done");
    assert.equal(textOf(events, "content"), "a");
  });

  test("a connection that breaks before is interrupted, with the text so far and the cause", async () => {
    const events = await eventsOf(playing([frame({ content: "Half" })], { after: "break" }));
    assert.equal(textOf(events, "content"), "Half");
    assert.equal(endOf(events).how, "interrupted");
    assert.equal(endOf(events).error?.message, "network error");
  });

  test("a line that stays open after the finish reason is given up", async (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    let cancelled = false;
    const fetch = playing([frame({ content: "All." }, "stop")], { after: "hang", onCancel: () => (cancelled = true) });
    for await (const event of streamChat({ url: "http://edge.test/", messages: [], fetch })) {
      if (event.type === "finish") setImmediate(() => mock.timers.tick(60_000));
      if (event.type === "end") assert.equal(event.how, "done");
    }
    assert.ok(cancelled);
  });

  test("aborting mid-stream is stopped, with the text so far", async () => {
    const stop = new AbortController();
    const events = [];
    const fetch = playing([frame({ content: "Half" })], { after: "hang" });
    for await (const event of streamChat({ url: "http://edge.test/", messages: [], signal: stop.signal, fetch })) {
      events.push(event);
      if (event.type === "content") stop.abort();
    }
    assert.equal(endOf(events).how, "stopped");
    assert.equal(textOf(events, "content"), "Half");
  });

  test("aborting before the head has arrived is stopped", async () => {
    const stop = new AbortController();
    /** @param {Request} request */
    const fetch = async (request) => {
      stop.abort();
      throw request.signal.reason;
    };
    assert.equal(endOf(await eventsOf(fetch, { signal: stop.signal })).how, "stopped");
  });

  test("leaving the loop closes the connection", async () => {
    let cancelled = false;
    const fetch = playing([frame({ content: "Half" })], { after: "hang", onCancel: () => (cancelled = true) });
    for await (const event of streamChat({ url: "http://edge.test/", messages: [], fetch })) {
      if (event.type === "content") break;
    }
    assert.ok(cancelled);
  });

  test("no connection is an error of the network", async () => {
    const fetch = async () => {
      throw new TypeError("Failed to fetch");
    };
    assert.deepEqual(endOf(await eventsOf(fetch)).error, { kind: "network", message: "Failed to fetch" });
  });
});

/** What would be an event stream, were it what was asked for. @param {string} body @param {string} [type] */
const answering = (body, type = "application/json") => playing([body], { headers: { "content-type": type } });

const COMPLETION = JSON.stringify({
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        reasoning_content: "Hm.",
        content: "All of it.",
        tool_calls: [{ id: "c", function: { name: "f", arguments: "{}" } }],
      },
      finish_reason: "stop",
    },
  ],
  usage: { completion_tokens: 3 },
});

describe("a 200 that is no stream", () => {
  for (const type of ["application/json", "text/event-stream", "text/plain"]) {
    test(`a whole completion as ${type} gives the events of a stream`, async () => {
      const events = await eventsOf(answering(`\n ${COMPLETION}`, type));
      assert.deepEqual(
        events.map(({ type }) => type),
        ["response", "reasoning", "content", "tool-call", "finish", "usage", "end"],
      );
      assert.equal(textOf(events, "content"), "All of it.");
      assert.equal(endOf(events).how, "done");
      assert.equal(endOf(events).finishReason, "stop");
    });
  }

  test("a whole completion in pieces is one", async () => {
    const pieces = [...COMPLETION];
    const events = await eventsOf(playing(pieces, { headers: { "content-type": "application/json" } }));
    assert.equal(textOf(events, "content"), "All of it.");
  });

  test("a whole completion that breaks off is interrupted", async () => {
    const events = await eventsOf(playing([COMPLETION.slice(0, 40)], { after: "break" }));
    assert.equal(endOf(events).how, "interrupted");
    assert.equal(endOf(events).error?.message, "network error");
  });

  const shapes = /** @type {const} */ ([
    ["OpenAI's", '{"error":{"message":"m","code":"c","type":"t"}}', "application/json", "m"],
    ["FastAPI's", '{"detail":"m"}', "application/json", "m"],
    ["a bare message", '{"message":"m"}', "application/json", "m"],
    ["a web page", "<!doctype html><style>p{}</style><title>Sign in</title><p>here</p>", "text/html", "Sign in here"],
    ["a web page that is said to be a stream", "<html><p>m</p></html>", "text/event-stream", "m"],
    ["plain text", "error code: 1010", "text/plain", "error code: 1010"],
  ]);
  for (const [shape, body, type, message] of shapes) {
    test(`an error in the shape of ${shape} gives its message`, async () => {
      const { how, error } = endOf(await eventsOf(answering(body, type)));
      assert.equal(how, "error");
      assert.equal(error?.kind, "event");
      assert.equal(error?.message, message);
    });
  }

  test("an error's code and type are kept", async () => {
    const { error } = endOf(await eventsOf(answering('{"error":{"message":"m","code":"c","type":"t"}}')));
    assert.equal(error?.code, "c");
    assert.equal(error?.errorType, "t");
  });

  test("an empty body is interrupted", async () => {
    assert.equal(endOf(await eventsOf(answering("", "text/plain"))).how, "interrupted");
    assert.equal(endOf(await eventsOf(async () => new Response(null))).how, "interrupted");
  });
});

describe("an event of the name error", () => {
  for (const [shape, data, message] of /** @type {const} */ ([
    ["a bare message", '{"message":"m","code":5}', "m"],
    ["OpenAI's", '{"error":{"message":"m"}}', "m"],
    ["plain text", "out of memory", "out of memory"],
  ])) {
    test(`in ${shape} shape gives its message`, async () => {
      const { how, error } = endOf(
        await eventsOf(playing([frame({ content: "Half" }), `event: error\ndata: ${data}\n\n`])),
      );
      assert.equal(how, "error");
      assert.equal(error?.message, message);
    });
  }
});

describe("what servers put into a delta", () => {
  test("a refusal is told", async () => {
    const events = await eventsOf(playing([frame({ refusal: "I can't " }), frame({ refusal: "do that." }, "stop")]));
    const refusals = events.filter((event) => event.type === "refusal");
    assert.equal(refusals.map(({ text }) => text).join(""), "I can't do that.");
  });

  test("content as a list of parts is read", async () => {
    const thinking = { type: "thinking", thinking: [{ type: "text", text: "Hm." }] };
    const content = [thinking, { type: "text", text: "Hello" }, " you", null, { type: "refusal", refusal: "No." }];
    const events = await eventsOf(playing([frame({ content }, "stop")]));
    assert.equal(textOf(events, "reasoning"), "Hm.");
    assert.equal(textOf(events, "content"), "Hello you");
    assert.ok(events.some((event) => event.type === "refusal" && event.text === "No."));
  });

  const odd = [
    { tool_calls: [null] },
    { tool_calls: [5, "x", { index: "__proto__", id: 7, function: { name: 1, arguments: { a: 1 } } }] },
    { tool_calls: [{ index: 1e9, function: null }] },
    { tool_calls: {}, content: 5, reasoning: {}, refusal: [[]] },
    null,
    5,
  ];
  for (const delta of odd) {
    test(`${JSON.stringify(delta)} throws nothing`, async () => {
      const events = await eventsOf(playing([frame(/** @type {any} */ (delta)), frame({ content: "Hello" }, "stop")]));
      assert.equal(textOf(events, "content"), "Hello");
      assert.equal(endOf(events).how, "done");
      for (const event of events.filter((event) => event.type === "tool-call")) {
        assert.ok(Number.isInteger(event.index) && event.index <= 1000);
        assert.equal(typeof event.arguments, "string");
      }
    });
  }

  test("choices and usage of odd shapes throw nothing", async () => {
    const chunks = [
      '{"choices":[null,5,{"index":"x","finish_reason":true}]}',
      '{"choices":{},"usage":5}',
      "[]",
      "5",
      "null",
    ];
    const events = await eventsOf(
      playing([...chunks.map((data) => `data: ${data}\n\n`), frame({ content: "a" }, "stop")]),
    );
    assert.equal(textOf(events, "content"), "a");
    assert.equal(endOf(events).how, "done");
  });
});

describe("several answers at once", () => {
  /** @param {number} index @param {string} content @param {string | null} [finish] */
  const of = (index, content, finish = null) =>
    `data: ${JSON.stringify({ choices: [{ index, delta: { content }, finish_reason: finish }] })}\n\n`;

  test("the first that finishes does not end the wait for the others", async (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const pieces = [of(0, "a", "stop"), of(1, "b"), of(1, "c", "length")];
    const events = [];
    const fetch = playing(pieces);
    for await (const event of streamChat({ url: "http://edge.test/", messages: [], n: 2, fetch })) {
      events.push(event);
      mock.timers.tick(60_000);
    }
    assert.equal(textOf(events, "content"), "abc");
    assert.equal(endOf(events).how, "done");
  });

  test("one that is cut is an interruption", async () => {
    const events = await eventsOf(playing([of(0, "a", "stop"), of(1, "b")], { after: "break" }), { n: 2 });
    assert.equal(endOf(events).how, "interrupted");
  });
});

describe("an HTTP error", () => {
  /** @param {string} body @param {number} status @param {Record<string, string>} [headers] */
  const refusal = async (body, status, headers = {}) => {
    const { how, error } = endOf(await eventsOf(playing([body], { status, headers })));
    assert.equal(how, "error");
    assert.equal(error?.kind, "http");
    return error;
  };

  test("carries status, message, code, who answered, request id and the time to wait", async () => {
    const body = JSON.stringify({
      error: { message: "Slow down.", type: "rate_limit", param: null, code: "rate_limit_exceeded" },
    });
    const headers = { "retry-after": "17", "x-request-id": "r-1", "x-answered-by": "edge" };
    assert.deepEqual(await refusal(body, 429, headers), {
      kind: "http",
      message: "Slow down.",
      code: "rate_limit_exceeded",
      errorType: "rate_limit",
      param: null,
      status: 429,
      requestId: "r-1",
      answeredBy: "edge",
      retryAfter: 17,
    });
  });

  const shapes = /** @type {const} */ ([
    ["OpenAI's", '{"error":{"message":"m"}}', "m"],
    ["an error as text", '{"error":"m"}', "m"],
    ["FastAPI's", '{"detail":"Invalid API Key"}', "Invalid API Key"],
    ["FastAPI's list", '{"detail":[{"loc":["body"],"msg":"a"},{"msg":"b"}]}', "a; b"],
    ["a bare message", '{"message":"m"}', "m"],
    ["plain text", "error code: 1010", "error code: 1010"],
    ["HTML", "<html><h1>524</h1> timeout</html>", "524 timeout"],
    ["nothing", "", "HTTP 502"],
  ]);
  for (const [shape, body, message] of shapes) {
    test(`in ${shape} shape gives its message`, async () => {
      assert.equal((await refusal(body, 502))?.message, message);
    });
  }

  test("names a date to wait for in seconds", async (t) => {
    mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-01T00:00:00Z") });
    t.after(() => mock.timers.reset());
    const error = await refusal("{}", 503, { "retry-after": "Sun, 01 Nov 2026 00:00:30 GMT" });
    assert.equal(error?.retryAfter, 30);
  });
});

describe("the request", () => {
  test("is OpenAI's, with the token and stream: true", async () => {
    /** @type {Request[]} */
    const seen = [];
    const fetch = playing([sample("chat.sse")], { seen: (request) => seen.push(request) });
    const messages = [{ role: "user", content: "héllo 👋" }];
    await eventsOf(fetch, {
      token: "t0k",
      model: "org/m",
      temperature: 0.2,
      messages,
      headers: { "x-request-id": "abc" },
    });
    assert.equal(seen[0]?.method, "POST");
    assert.equal(seen[0]?.headers.get("authorization"), "Bearer t0k");
    assert.equal(seen[0]?.headers.get("x-request-id"), "abc");
    assert.deepEqual(await seen[0]?.json(), { model: "org/m", temperature: 0.2, messages, stream: true });
  });

  test("has no authorization without a token", async () => {
    /** @type {Request[]} */
    const seen = [];
    await eventsOf(playing([""], { seen: (request) => seen.push(request) }));
    assert.equal(seen[0]?.headers.get("authorization"), null);
  });
});
