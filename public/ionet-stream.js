/**
 * Stream a chat answer from an ionet-edge address, or from any server that speaks OpenAI's chat completions.
 *
 * One module, for any page: the edge serves it with CORS headers.
 *
 * @example
 * import { streamChat } from "https://your-edge.workers.dev/ionet-stream.js";
 *
 * const stop = new AbortController();
 * for await (const event of streamChat({
 *   url: "https://your-edge.workers.dev/v1/chat/completions",
 *   messages: [{ role: "user", content: "Why is the sky blue?" }],
 *   signal: stop.signal,
 * })) {
 *   if (event.type === "content") output.append(event.text);
 *   if (event.type === "end" && event.how !== "done") console.warn(event.how, event.error?.message);
 * }
 *
 * The last event is always `end`, and it tells the truth: `done` only when a finish reason or `[DONE]` was seen, `stopped` when
 * the caller aborted, `interrupted` when the stream broke off, `error` when it was refused or an error came in the stream.
 * The generator throws only for options that can't be sent.
 *
 * Events are those of the WHATWG HTML standard, section 9.2 "Server-sent events"; what they carry is OpenAI's
 * `chat.completion.chunk`.
 *
 * @module
 */
import { createParser } from "./vendor/eventsource-parser.js";

/** @import { StreamEnd, StreamError, StreamEvent, StreamOptions } from "./ionet-stream.js" */

/** How long to wait for the usage numbers after the finish reason, in milliseconds: a server may keep the line open. */
const LINGER_MS = 3000;

/** How much of an error body that is not JSON is worth showing, in characters. */
const RAW_ERROR_CHARS = 300;

/** How much of an error body is read at all, in bytes. */
const ERROR_BODY_BYTES = 65_536;

/**
 * Ask for an answer and yield it as it arrives.
 *
 * @param {StreamOptions} options
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
export async function* streamChat(options) {
  const { url, token, headers, signal, fetch: doFetch = globalThis.fetch, ...body } = options;
  const request = new Request(new URL(url, globalThis.location?.href), {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: JSON.stringify({ ...body, stream: true }),
    signal,
  });

  let response;
  try {
    response = await doFetch(request);
  } catch (cause) {
    yield signal?.aborted ? end("stopped") : end("error", { kind: "network", message: messageOf(cause) });
    return;
  }
  const facts = {
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    answeredBy: response.headers.get("x-answered-by"),
    model: response.headers.get("x-model"),
  };
  yield { type: "response", ...facts };
  if (!response.ok || !response.body) {
    const error = await httpError(response, facts);
    yield signal?.aborted ? end("stopped", null, facts) : end("error", error, facts);
    return;
  }
  yield* readStream(response.body.getReader(), signal, facts);
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {AbortSignal | null | undefined} signal
 * @param {{ requestId: string | null }} facts
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
async function* readStream(reader, signal, facts) {
  const chunks = new ChunkReader();
  const decoder = new TextDecoder();
  /** @type {string | null} */
  let broken = null;
  try {
    while (!chunks.complete) {
      const { done, value } = await (chunks.finishReason ? within(reader.read(), LINGER_MS) : reader.read());
      chunks.feed(done ? decoder.decode() : decoder.decode(value, { stream: true }));
      // The standard drops an event that no blank line ends; servers that forget the last one are common, and so are we lenient.
      if (done) chunks.feed("\n\n");
      yield* chunks.take();
      if (done) break;
    }
  } catch (cause) {
    broken = messageOf(cause);
  } finally {
    // Not awaited: what is known is told at once.
    void release(reader, chunks.sawDone);
  }
  yield* chunks.take();
  const seen = { ...facts, finishReason: chunks.finishReason };
  if (chunks.finishReason !== null || chunks.sawDone) yield end("done", null, seen);
  else if (chunks.error) yield end("error", chunks.error, seen);
  else if (signal?.aborted) yield end("stopped", null, seen);
  else yield end("interrupted", broken === null ? null : { kind: "network", message: broken }, seen);
}

/**
 * Let go of the connection. A complete answer is read to its end, so that the connection can serve the next question; anything else
 * is given up, and with it the call to the upstream: a failed stream, and one whose caller left its loop early.
 *
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {boolean} complete
 */
async function release(reader, complete) {
  try {
    while (complete && !(await within(reader.read(), LINGER_MS)).done);
    await reader.cancel();
  } catch {
    await reader.cancel().catch(() => {});
  }
}

/** Turns the text of an event stream into typed events, and remembers what was seen. */
class ChunkReader {
  /** @type {StreamEvent[]} */
  #events = [];
  /** @type {string | null} */
  finishReason = null;
  sawDone = false;
  /** @type {StreamError | null} */
  error = null;
  #parser = createParser({ onEvent: ({ data }) => this.#read(data) });

  /** Nothing that is still to come could matter. */
  get complete() {
    return this.sawDone || this.error !== null;
  }

  /** @param {string} text */
  feed(text) {
    if (text) this.#parser.feed(text);
  }

  /** @returns {StreamEvent[]} the events since the last call */
  take() {
    return this.#events.splice(0);
  }

  /** @param {string} data */
  #read(data) {
    if (this.complete) return;
    if (data.trim() === "[DONE]") {
      this.sawDone = true;
      return;
    }
    let chunk;
    try {
      chunk = JSON.parse(data);
    } catch {
      return; // Half a frame: the stream broke off here, which the missing finish reason tells.
    }
    if (typeof chunk !== "object" || chunk === null) return;
    // An error behind the finish reason comes after a complete answer, and is not its failure.
    if (chunk.error && this.finishReason === null) this.error = eventError(chunk.error);
    for (const choice of Array.isArray(chunk.choices) ? chunk.choices : []) this.#readChoice(choice);
    if (chunk.usage) this.#events.push({ type: "usage", usage: chunk.usage });
  }

  /** @param {any} choice */
  #readChoice(choice) {
    const delta = choice?.delta ?? {};
    const index = choice?.index ?? 0;
    // vLLM has renamed the field; a server may send both with the same text.
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    if (isText(reasoning)) this.#events.push({ type: "reasoning", text: reasoning, choice: index });
    if (isText(delta.content)) this.#events.push({ type: "content", text: delta.content, choice: index });
    for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls : []) {
      this.#events.push({
        type: "tool-call",
        index: call.index ?? 0,
        id: call.id ?? null,
        name: call.function?.name ?? null,
        arguments: call.function?.arguments ?? "",
        choice: index,
      });
    }
    if (choice?.finish_reason) {
      this.finishReason = choice.finish_reason;
      this.#events.push({ type: "finish", reason: choice.finish_reason, choice: index });
    }
  }
}

/** @param {unknown} value @returns {value is string} */
function isText(value) {
  return typeof value === "string" && value !== "";
}

/**
 * @param {StreamEnd["how"]} how
 * @param {StreamError | null} [error]
 * @param {{ finishReason?: string | null, requestId?: string | null }} [seen]
 * @returns {StreamEnd}
 */
function end(how, error = null, { finishReason = null, requestId = null } = {}) {
  return { type: "end", how, finishReason, error, requestId };
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @returns {Promise<T>} rejects when the promise takes longer
 */
function within(promise, ms) {
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, ms, new Error("the stream stayed open after its finish reason"));
  });
  return Promise.race([promise, /** @type {Promise<never>} */ (late)]).finally(() => clearTimeout(timer));
}

/** @param {any} error @returns {StreamError} */
function eventError(error) {
  return {
    kind: "event",
    message: errorMessage({ error }) ?? "the upstream reported an error",
    code: error?.code ?? null,
    errorType: error?.type ?? null,
  };
}

/**
 * @param {Response} response
 * @param {{ status: number, answeredBy: string | null, requestId: string | null }} facts
 * @returns {Promise<StreamError>}
 */
async function httpError(response, facts) {
  const text = await readStart(response);
  /** @type {any} */
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Plain text or HTML: shown as it is, cut short.
  }
  const plain = text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return {
    kind: "http",
    message: errorMessage(body) ?? (plain.slice(0, RAW_ERROR_CHARS) || response.statusText || `HTTP ${facts.status}`),
    code: body?.error?.code ?? null,
    errorType: body?.error?.type ?? null,
    param: body?.error?.param ?? null,
    status: facts.status,
    requestId: facts.requestId,
    answeredBy: facts.answeredBy,
    retryAfter: retryAfterSeconds(response.headers.get("retry-after")),
  };
}

/** @param {Response} response @returns {Promise<string>} the first part of the body, and nothing when it breaks off */
async function readStart(response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (reader && text.length < ERROR_BODY_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    await reader?.cancel();
  } catch {
    // The status says enough.
  }
  return text;
}

/**
 * The message of an error body in the shapes of OpenAI, FastAPI and plain proxies.
 *
 * @param {any} body
 * @returns {string | null}
 */
function errorMessage(body) {
  const { error, detail, message } = body ?? {};
  const list = Array.isArray(detail) ? detail.map((entry) => entry?.msg).filter(isText) : [];
  return [error?.message, error, detail, list.join("; "), message].find(isText) ?? null;
}

/**
 * @param {string | null} value of the header: seconds or a date (RFC 9110, section 10.2.3)
 * @returns {number | null} seconds from now
 */
function retryAfterSeconds(value) {
  if (value === null || value.trim() === "") return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

/** @param {unknown} cause */
function messageOf(cause) {
  return cause instanceof Error ? cause.message : String(cause);
}
