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
 * A whole completion in place of a stream gives the same events; a web page or a text is an error that quotes it.
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

/** No answer has more tool calls than this. */
const MAX_TOOL_CALLS = 1000;

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
  if (!response.ok) {
    const error = await httpError(response, facts);
    yield signal?.aborted ? end("stopped", null, facts) : end("error", error, facts);
    return;
  }
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? true;
  const chunks = new ChunkReader({ isStream, choices: Number(body.n) || 1 });
  yield* readStream(response.body?.getReader(), chunks, signal, facts);
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array> | undefined} reader
 * @param {ChunkReader} chunks
 * @param {AbortSignal | null | undefined} signal
 * @param {{ requestId: string | null, answeredBy: string | null }} facts
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
async function* readStream(reader, chunks, signal, facts) {
  const decoder = new TextDecoder();
  /** @type {string | null} */
  let broken = null;
  try {
    while (reader && !chunks.complete) {
      const { done, value } = await (chunks.isFinished ? within(reader.read(), LINGER_MS) : reader.read());
      chunks.feed(done ? decoder.decode() : decoder.decode(value, { stream: true }));
      if (done) chunks.close();
      yield* chunks.take();
      if (done) break;
    }
  } catch (cause) {
    broken = messageOf(cause);
  } finally {
    // Not awaited: what is known is told at once.
    if (reader) void release(reader, chunks.sawDone);
  }
  yield* chunks.take();
  const seen = { ...facts, finishReason: chunks.finishReason };
  if (chunks.isFinished || chunks.sawDone) yield end("done", null, seen);
  else if (chunks.error) {
    const { requestId, answeredBy } = facts;
    yield end("error", { ...chunks.error, requestId, answeredBy }, seen);
  } else if (signal?.aborted) yield end("stopped", null, seen);
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
  /** @type {Map<number, string | null>} the finish reason of each choice that was seen */
  #choices = new Map();
  #awaited;
  #isStream;
  /** What came before the first event: its beginning, and all of it where that is no event stream's. @type {string[]} */
  #text = [];
  #chars = 0;
  /** @type {boolean | null} null until something is there: no line of an event stream begins as an object or a page does */
  #isWhole = null;
  #sawEvent = false;
  sawDone = false;
  /** @type {StreamError | null} */
  error = null;
  #parser = createParser({ onEvent: ({ event, data }) => this.#read(data, event === "error") });

  /** @param {{ isStream: boolean, choices: number }} expected whether the body is said to be a stream, and how many answers it holds */
  constructor({ isStream, choices }) {
    this.#isStream = isStream;
    this.#awaited = choices;
  }

  /** Nothing that is still to come could matter. */
  get complete() {
    return this.sawDone || this.error !== null;
  }

  /** Every choice has its finish reason. */
  get isFinished() {
    const reasons = [...this.#choices.values()];
    return reasons.length >= this.#awaited && !reasons.includes(null);
  }

  /** @returns {string | null} of the first choice that has one */
  get finishReason() {
    return [...this.#choices.values()].find((reason) => reason !== null) ?? null;
  }

  /** @param {string} text */
  feed(text) {
    if (this.#isWhole === null && text.trim() !== "") this.#isWhole = /^\s*[{<]/.test(text);
    if (this.#isWhole || (!this.#sawEvent && this.#chars < ERROR_BODY_BYTES)) {
      this.#text.push(text);
      this.#chars += text.length;
    }
    if (text && !this.#isWhole) this.#parser.feed(text);
  }

  /** The body has ended in good order. */
  close() {
    // The standard drops an event that no blank line ends; servers that forget the last one are common, and so are we lenient.
    this.feed("\n\n");
    const text = this.#text.join("");
    if (this.#sawEvent || text.trim() === "" || (this.#isStream && !this.#isWhole)) return;
    const body = parsed(text);
    if (body?.choices && !body.error) this.#readChunk(body);
    else this.error = { ...eventError(body), message: errorMessage(body) ?? plainStart(text) };
  }

  /** @returns {StreamEvent[]} the events since the last call */
  take() {
    return this.#events.splice(0);
  }

  /** @param {string} data @param {boolean} isError */
  #read(data, isError) {
    this.#sawEvent = true;
    this.#text = [];
    if (this.complete) return;
    if (data.trim() === "[DONE]") {
      this.sawDone = true;
      return;
    }
    const chunk = parsed(data);
    // Half a frame: the stream broke off here, which the missing finish reason tells.
    if (chunk === null && !isError) return;
    // An error behind the finish reason comes after a complete answer, and is not its failure.
    if ((chunk?.error || isError) && !this.isFinished) {
      this.error = { ...eventError(chunk), message: errorMessage(chunk) ?? plainStart(data) };
    }
    this.#readChunk(chunk);
  }

  /** @param {any} chunk of a stream, or a whole completion */
  #readChunk(chunk) {
    for (const choice of listOf(chunk?.choices)) this.#readChoice(choice);
    if (typeof chunk?.usage === "object" && chunk.usage) this.#events.push({ type: "usage", usage: chunk.usage });
  }

  /** @param {any} choice */
  #readChoice(choice) {
    const delta = choice?.delta ?? choice?.message ?? {};
    const index = whole(choice?.index, 0);
    if (!this.#choices.has(index)) this.#choices.set(index, null);
    const { text, thoughts, refusal } = readParts(delta.content);
    // vLLM has renamed the field; a server may send both with the same text.
    const reasoning = readParts(delta.reasoning_content ?? delta.reasoning).text || thoughts;
    const refused = refusal || readParts(delta.refusal).text;
    if (reasoning) this.#events.push({ type: "reasoning", text: reasoning, choice: index });
    if (text) this.#events.push({ type: "content", text, choice: index });
    if (refused) this.#events.push({ type: "refusal", text: refused, choice: index });
    for (const [place, call] of listOf(delta.tool_calls).entries()) this.#readToolCall(call, place, index);
    if (isText(choice?.finish_reason)) {
      this.#choices.set(index, choice.finish_reason);
      this.#events.push({ type: "finish", reason: choice.finish_reason, choice: index });
    }
  }

  /** @param {any} call @param {number} place in its list @param {number} choice */
  #readToolCall(call, place, choice) {
    if (typeof call !== "object" || call === null) return;
    const { name, arguments: given } = call.function ?? {};
    this.#events.push({
      type: "tool-call",
      index: Math.min(whole(call.index, place), MAX_TOOL_CALLS),
      id: isText(call.id) ? call.id : null,
      name: isText(name) ? name : null,
      arguments: typeof given === "string" ? given : given ? JSON.stringify(given) : "",
      choice,
    });
  }
}

/**
 * Content comes as text or as a list of parts.
 *
 * @param {unknown} content
 * @returns {{ text: string, thoughts: string, refusal: string }} of all its parts
 */
function readParts(content) {
  const read = { text: "", thoughts: "", refusal: "" };
  for (const part of typeof content === "string" ? [content] : listOf(content)) {
    read.text += [part, part?.text].find(isText) ?? "";
    read.refusal += isText(part?.refusal) ? part.refusal : "";
    if (part?.thinking) read.thoughts += readParts(part.thinking).text;
  }
  return read;
}

/** @param {string} text @returns {any} null where it is no JSON object */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** @param {unknown} value @returns {any[]} */
function listOf(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {unknown} value @param {number} otherwise @returns {number} that is whole and not negative */
function whole(value, otherwise) {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : otherwise;
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

/** @param {any} body of an error event, or of an answer that is no stream @returns {StreamError} */
function eventError(body) {
  const { code = null, type = null } = body?.error ?? body ?? {};
  return { kind: "event", message: "", code, errorType: type };
}

/** @param {string} text plain or HTML @returns {string} its first words */
function plainStart(text) {
  const plain = text
    .slice(0, ERROR_BODY_BYTES)
    .replace(/<(script|style)\b.*?<\/\1>|<[^>]*>/gis, " ")
    .replace(/\s+/g, " ")
    .trim();
  return plain.slice(0, RAW_ERROR_CHARS) || "an error without a message";
}

/**
 * @param {Response} response
 * @param {{ status: number, answeredBy: string | null, requestId: string | null }} facts
 * @returns {Promise<StreamError>}
 */
async function httpError(response, facts) {
  const text = await readStart(response);
  const body = parsed(text);
  const otherwise = response.statusText || `HTTP ${facts.status}`;
  return {
    kind: "http",
    message: errorMessage(body) ?? (text.trim() ? plainStart(text) : otherwise),
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
