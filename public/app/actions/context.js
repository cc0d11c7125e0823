/**
 * What of the conversation goes along with a question: all of it, or as much as the model's window and the edge's limits hold. Pure.
 *
 * @module
 */

import { isHidden } from "../kept/verdict.js";

/** @import { Limits, Message, Picture, PicturesLeftOut } from "../types.js" */
/** @import { ChatMessage } from "../../ionet-stream.js" */

/** The share of the window that is kept free for the answer, and the most that it needs, in tokens. */
const ANSWER_SHARE = 0.25;
const ANSWER_TOKENS = 4096;

/** What the chat template puts around a message, in tokens. */
const MESSAGE_TOKENS = 6;

/** A model takes a token for a square of a picture whose side is this, or longer. */
const PATCH_PIXELS = 28;

/** Longer than any window. In characters. */
const FAR_CHARS = 4_000_000;

/** Asks for the rest of an answer that was cut. In English whatever the page's language: models follow it in any. */
const CONTINUE = "Continue exactly where your last message stopped. Do not repeat anything and do not comment.";

/** Stands for a question that was nothing but a picture, where that is not sent along. */
const UNSEEN = "[A picture that is not shown here.]";

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
 * The messages to send, the oldest turns left out where there is no room. The system prompt and the last message always go along, the
 * last message with its pictures; earlier pictures go along in the room that all texts leave.
 *
 * @param {object} input
 * @param {Message[]} input.path the branch up to the question, or up to the answer to continue
 * @param {string} input.system prompt, may be empty
 * @param {number | null} input.window of the model, in tokens, null where unknown
 * @param {Limits} [input.limits] of the edge
 * @param {boolean} [input.takesPictures] whether the model does
 * @param {boolean} [input.continuing] the last message is an answer to be continued
 * @returns {{ messages: ChatMessage[], leftOut: number, picturesLeftOut: PicturesLeftOut | null }} `leftOut`: messages;
 *   `picturesLeftOut`: of those messages that are sent
 */
export function requestMessages({ path, system, window, limits = {}, takesPictures = true, continuing = false }) {
  const head = system.trim() === "" ? [] : [{ role: "system", content: system }];
  const tail = continuing ? [{ role: "user", content: CONTINUE }] : [];
  const turns = path.filter(isSent).filter(({ content, pictures }) => content !== "" || pictures.length > 0);
  const last = turns.slice(-1);
  const seen = new Set(takesPictures ? last.flatMap(({ pictures }) => pictures) : []);
  const room = new Room(window, limits);
  for (const { content } of [...head, ...last, ...tail]) room.take(sizeOfText(content));
  for (const picture of seen) room.take(sizeOfPicture(picture));
  let first = turns.length - last.length;
  while (first > 0 && room.takeIfFits(sizeOfText(turns[first - 1]?.content ?? ""))) first--;
  // A model expects the user to begin: an answer whose question is left out goes too, unless it is all there is.
  while (first > 0 && first < turns.length - 1 && turns[first]?.role === "assistant") first++;
  const sent = turns.slice(first);
  const pictures = sent.flatMap((message) => message.pictures);
  for (const picture of takesPictures ? pictures.toReversed() : [])
    if (!seen.has(picture) && room.takeIfFits(sizeOfPicture(picture))) seen.add(picture);
  const unseen = pictures.length - seen.size;
  return {
    messages: [...head, ...sent.map((message) => withPictures(message, seen)), ...tail],
    leftOut: first,
    picturesLeftOut: unseen === 0 ? null : { count: unseen, why: takesPictures ? "room" : "model" },
  };
}

/**
 * An answer that is covered stays here, and its question too: with them, the guard would refuse all that follows.
 *
 * @param {Message} message
 * @param {number} at
 * @param {Message[]} path
 */
function isSent(message, at, path) {
  const next = path[at + 1];
  return !isHidden(message) && !(message.role === "user" && next && isHidden(next));
}

/**
 * Whether the edge takes a question, with nothing before it but the system prompt.
 *
 * @param {{ content: string, pictures: Picture[], system: string, limits: Limits }} question
 */
export function fitsEdge({ content, pictures, system, limits: { max_body_bytes } }) {
  const room = new Room(null, { max_body_bytes });
  return [sizeOfText(system), sizeOfText(content), ...pictures.map(sizeOfPicture)].every((size) =>
    room.takeIfFits(size),
  );
}

/** @param {Message} message @param {Set<Picture>} seen those that are sent @returns {ChatMessage} */
function withPictures({ role, content, pictures }, seen) {
  const images = pictures.filter((picture) => seen.has(picture));
  if (images.length === 0) return { role, content: content || UNSEEN };
  const parts = images.map(({ url }) => ({ type: "image_url", image_url: { url } }));
  return { role, content: content === "" ? parts : [{ type: "text", text: content }, ...parts] };
}

/** What something takes of a request. @typedef {{ tokens: number, messages: number, bytes: number }} Size */

/** @param {string} text of a message @returns {Size} */
function sizeOfText(text) {
  // What no window holds is not looked at: that would take longer than it may.
  if (text.length > FAR_CHARS) return { tokens: text.length / 3, messages: 1, bytes: text.length };
  const bytes = new TextEncoder().encode(JSON.stringify(text)).length + 40;
  return { tokens: estimateTokens(text) + MESSAGE_TOKENS, messages: 1, bytes };
}

/** @param {Picture} picture @returns {Size} */
function sizeOfPicture({ url, width, height }) {
  const tokens = Math.ceil(width / PATCH_PIXELS) * Math.ceil(height / PATCH_PIXELS);
  return { tokens, messages: 0, bytes: url.length + 60 };
}

/** What is left of the window and of the edge's limits. */
class Room {
  #left;

  /** @param {number | null} window @param {Limits} limits */
  constructor(window, { max_messages, max_body_bytes }) {
    this.#left = {
      tokens: window === null ? Infinity : window - Math.min(ANSWER_TOKENS, window * ANSWER_SHARE),
      messages: max_messages ?? Infinity,
      bytes: (max_body_bytes ?? Infinity) * 0.95,
    };
  }

  /** @param {Size} size of what is sent in any case */
  take({ tokens, messages, bytes }) {
    this.#left.tokens -= tokens;
    this.#left.messages -= messages;
    this.#left.bytes -= bytes;
  }

  /** @param {Size} size @returns {boolean} whether there was room, which is taken then */
  takeIfFits(size) {
    const { tokens, messages, bytes } = this.#left;
    const fits = size.tokens <= tokens && size.messages <= messages && size.bytes <= bytes;
    if (fits) this.take(size);
    return fits;
  }
}
