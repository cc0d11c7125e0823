/**
 * One answer: ask for it, and let the message grow.
 *
 * @module
 */
import { streamChat } from "../../ionet-stream.js";
import { endingOf } from "./endings.js";
import { UNMEASURED } from "../kept/shapes.js";
import { addUsage } from "./usage.js";

/** @import { ChatMessage, StreamEvent } from "../../ionet-stream.js" */
/** @import { AnswerFacts, Message } from "../types.js" */

/** @returns {AnswerFacts} */
export function newFacts() {
  return { model: null, temperature: null, ...UNMEASURED };
}

/**
 * @param {object} ask
 * @param {Message} ask.message to be written into; text that it has is kept and continued
 * @param {string} ask.url
 * @param {string} ask.token
 * @param {ChatMessage[]} ask.messages
 * @param {AbortSignal} ask.signal
 * @param {boolean} ask.isJudged whether the edge's guard will say something about it
 * @param {() => void} ask.onChange after every event, so it must be cheap
 * @param {(request: Request) => Promise<Response>} [ask.fetch]
 * @returns {Promise<void>} when the message has its ending
 */
export async function writeAnswer({ message, url, token, messages, signal, isJudged, onChange, fetch }) {
  const facts = message.facts ?? newFacts();
  message.facts = facts;
  message.ending = null;
  const clock = new Clock(facts);
  const { usage } = message;
  const options = {
    url,
    token,
    messages,
    signal,
    fetch,
    model: facts.model ?? undefined,
    temperature: facts.temperature ?? undefined,
  };
  try {
    for await (const event of streamChat(options)) {
      take(event, message, facts, clock);
      // Noted at once: the page may be closed before the answer has ended.
      if (isJudged && event.type === "response" && event.requestId)
        facts.judging = [...(facts.judging ?? []), event.requestId];
      // A server may tell its counts with every piece: the last ones are those of the call.
      if (event.type === "usage") message.usage = addUsage(usage, event.usage);
      onChange();
    }
  } catch (cause) {
    // A token that no header can carry, for one.
    message.ending = { kind: "unsent", error: { kind: "event", message: String(cause) } };
  }
}

/**
 * @param {StreamEvent} event
 * @param {Message} message
 * @param {AnswerFacts} facts
 * @param {Clock} clock
 */
function take(event, message, facts, clock) {
  switch (event.type) {
    case "response":
      facts.model = event.model ?? facts.model;
      break;
    case "reasoning":
      clock.token();
      clock.reasoning();
      message.reasoning += event.text;
      break;
    case "content":
    case "refusal":
      clock.token();
      if (message.content === "" && facts.reasoningMs !== null) clock.reasoning();
      message.content += event.text;
      break;
    case "tool-call": {
      clock.token();
      message.toolCalls[event.index] ??= { name: "", arguments: "" };
      const call = /** @type {import("../types.js").ToolCall} */ (message.toolCalls[event.index]);
      call.name ||= event.name ?? "";
      call.arguments += event.arguments;
      break;
    }
    case "usage":
      clock.usage(event.usage.completion_tokens);
      break;
    case "end":
      message.ending = endingOf(event);
      break;
    default:
  }
}

/** Measures an answer; one that is continued goes on counting. */
class Clock {
  #sent = performance.now();
  #facts;
  #before;
  /** @type {number | null} */
  #first = null;

  /** @param {AnswerFacts} facts */
  constructor(facts) {
    this.#facts = facts;
    this.#before = { ...facts };
  }

  token() {
    const now = performance.now();
    this.#first ??= now;
    this.#facts.firstTokenMs ??= now - this.#sent;
    this.#facts.writingMs = this.#before.writingMs + now - this.#first;
    this.#facts.tokens += 1;
  }

  reasoning() {
    this.#facts.reasoningMs = (this.#before.reasoningMs ?? 0) + performance.now() - (this.#first ?? this.#sent);
  }

  /** @param {number | undefined} tokens by the upstream's count */
  usage(tokens) {
    if (typeof tokens !== "number") return;
    this.#facts.tokensCounted = this.#before.tokens === 0 || this.#before.tokensCounted;
    this.#facts.tokens = this.#before.tokens + tokens;
  }
}
