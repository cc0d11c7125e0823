/**
 * A room's name, by the model that answered in it first.
 *
 * @module
 */
import { streamChat } from "../../ionet-stream.js";
import { TITLE_CHARS } from "../kept/conversation.js";

/** What a title takes. A model that thinks first may take more than that: its room keeps its question as its name. */
const TITLE_TOKENS = 50;

/** So much of the question and of the answer tells what they are about, in characters. */
const ENOUGH_CHARS = 600;

const PATIENCE_MS = 20_000;

/**
 * The owner's system prompt would drop one of ours, so it stands in the question. In English whatever the page's language: models follow
 * it in any.
 */
const TASK =
  "Write a title for the conversation below, in the language of its question. At most six words, on one line, without quotation marks. Answer with the title alone.";

/**
 * @param {object} ask
 * @param {string} ask.question
 * @param {string} ask.answer
 * @param {string} ask.url
 * @param {string} ask.token
 * @param {string | null} ask.model
 * @param {(request: Request) => Promise<Response>} [ask.fetch]
 * @returns {Promise<string>} one line of at most 60 characters; empty where none could be had
 */
export async function titleFor({ question, answer, url, token, model, fetch }) {
  const content = [TASK, `Question: ${start(question)}`, `Answer: ${start(answer)}`].join("\n\n");
  const options = {
    url,
    token,
    messages: [{ role: "user", content }],
    model: model ?? undefined,
    // Some servers know only the older name.
    max_completion_tokens: TITLE_TOKENS,
    max_tokens: TITLE_TOKENS,
    signal: AbortSignal.timeout(PATIENCE_MS),
    fetch,
  };
  let text = "";
  try {
    for await (const event of streamChat(options)) {
      if (event.type === "content") text += event.text;
      if (event.type === "end" && event.finishReason !== "stop") return "";
    }
  } catch {
    return ""; // Nobody has asked for a title: that there is none is nothing to tell.
  }
  return cleanTitle(text);
}

/**
 * @param {string} text as a model wrote it
 * @returns {string} its first line, without marks around it, cut at a word where there is one
 */
export function cleanTitle(text) {
  const line = text.split("\n").find((some) => some.trim() !== "") ?? "";
  const bare = line
    .replace(/\s+/g, " ")
    .replace(/\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
    .replace(/^[\s#>*_-]*(title|タイトル)\s*[:：]/i, "")
    .replace(/^[\s#>*_`"'“”„«»「『【-]+|[\s*_`"'“”«»」』】.。]+$/g, "")
    .replace(/\s+/g, " ");
  if (bare.length <= TITLE_CHARS) return bare;
  const cut = bare.slice(0, TITLE_CHARS - 1).toWellFormed();
  return `${cut.replace(/\s+\S*$/, "").replace(/\ufffd$/, "")}…`;
}

/** @param {string} text */
function start(text) {
  return text.length > ENOUGH_CHARS ? `${text.slice(0, ENOUGH_CHARS)}…` : text;
}
