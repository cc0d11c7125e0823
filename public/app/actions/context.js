/**
 * What of the conversation goes along with a question: all of it, or as much as the model's window and the edge's limits hold. Pure.
 *
 * @module
 */

/** @import { Limits, Message } from "../types.js" */
/** @import { ChatMessage } from "../../ionet-stream.js" */

/** The share of the window that is kept free for the answer, and the most that it needs, in tokens. */
const ANSWER_SHARE = 0.25;
const ANSWER_TOKENS = 4096;

/** What the chat template puts around a message, in tokens. */
const MESSAGE_TOKENS = 6;

/** Asks for the rest of an answer that was cut. In English whatever the page's language: models follow it in any. */
const CONTINUE = "Continue exactly where your last message stopped. Do not repeat anything and do not comment.";

/**
 * Estimate the tokens of a text without its model's tokenizer, rather too many than too few: three characters a token, and one a
 * character where scripts are dense (Chinese, Japanese, Korean, emoji).
 *
 * @param {string} text
 * @returns {number}
 */
export function estimateTokens(text) {
  const dense =
    text.match(/[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\u{1f000}-\u{3ffff}]/gu)?.length ?? 0;
  return dense + Math.ceil((text.length - dense) / 3);
}

/**
 * The messages to send, the oldest turns left out where there is no room. The system prompt and the last message always go along.
 *
 * @param {object} input
 * @param {Message[]} input.path the branch up to the question, or up to the answer to continue
 * @param {string} input.system prompt, may be empty
 * @param {number | null} input.window of the model, in tokens, null where unknown
 * @param {Limits} [input.limits] of the edge
 * @param {boolean} [input.continuing] the last message is an answer to be continued
 * @returns {{ messages: ChatMessage[], leftOut: number }} `leftOut`: messages
 */
export function requestMessages({ path, system, window, limits = {}, continuing = false }) {
  const head = system.trim() === "" ? [] : [{ role: "system", content: system }];
  const tail = continuing ? [{ role: "user", content: CONTINUE }] : [];
  const turns = path.filter((message) => message.content !== "").map(({ role, content }) => ({ role, content }));
  const fits = roomFor({ window, limits }, [...head, ...tail]);
  let first = turns.length;
  while (first > 0 && (fits(turns[first - 1]) || first === turns.length)) first--;
  // A model expects the user to begin: an answer whose question is left out goes too, unless it is all there is.
  while (first > 0 && first < turns.length - 1 && turns[first]?.role === "assistant") first++;
  return { messages: [...head, ...turns.slice(first), ...tail], leftOut: first };
}

/**
 * @param {{ window: number | null, limits: Limits }} bounds
 * @param {{ content: string }[]} given what is sent in any case
 * @returns {(message: { content: string } | undefined) => boolean} takes its room, and says whether there was enough
 */
function roomFor({ window, limits }, given) {
  let tokens = window === null ? Infinity : window - Math.min(ANSWER_TOKENS, window * ANSWER_SHARE);
  let messages = limits.max_messages ?? Infinity;
  let bytes = (limits.max_body_bytes ?? Infinity) * 0.95;
  const take = (/** @type {{ content: string } | undefined} */ message) => {
    const text = message?.content ?? "";
    // What is far too long is not looked at: that would take longer than it may.
    const isFar = text.length > Math.min(tokens * 3, bytes);
    tokens -= isFar ? text.length / 3 : estimateTokens(text) + MESSAGE_TOKENS;
    messages -= 1;
    bytes -= isFar || bytes === Infinity ? text.length : new TextEncoder().encode(JSON.stringify(text)).length + 40;
    return tokens >= 0 && messages >= 0 && bytes >= 0;
  };
  for (const message of given) take(message);
  return take;
}
