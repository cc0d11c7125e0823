// The npm client at the end of a pipe: one task a line on stdin, one outcome a line on stdout. It stays until stdin ends, so that a
// connection which closes meanwhile was closed by the client, not by the end of its process.
import { createInterface } from "node:readline";
import OpenAI from "openai";

/**
 * @typedef {Omit<OpenAI.Chat.ChatCompletionCreateParams, "stream">} Question
 * @typedef {"read" | "assemble" | "parse" | "break" | "abort"} Way how to take the answer
 * @typedef {{ way: Way, baseURL: string, question: Question }} Task
 */

/** @type {Record<Way, (client: OpenAI, question: Question) => Promise<unknown>>} */
const ways = {
  /** Gives all chunks. */
  async read(client, question) {
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) chunks.push(chunk);
    return chunks;
  },
  /** Gives the completion that the client has put together from the chunks. */
  async assemble(client, question) {
    return await client.chat.completions.stream(question).finalChatCompletion();
  },
  /** Asks for an answer of a form, whole, and gives it as the client has read it. */
  async parse(client, question) {
    const completion = await client.chat.completions.parse(question);
    return completion.choices[0]?.message.parsed;
  },
  /** Leaves the loop at the first chunk. */
  async break(client, question) {
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) return chunk;
  },
  /** Aborts at the first chunk and reads on, to see the loop end. */
  async abort(client, question) {
    const controller = new AbortController();
    const stream = await client.chat.completions.create({ ...question, stream: true }, { signal: controller.signal });
    let last;
    for await (const chunk of stream) {
      last = chunk;
      controller.abort();
    }
    return last;
  },
};

/**
 * @param {unknown} error
 * @returns {object} what a user of the client can tell from it
 */
function seen(error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  const { status = null, code = null, param = null, message, requestID = null } = error;
  return { kind: error.constructor.name, status, code, param, text: message, request_id: requestID };
}

for await (const line of createInterface({ input: process.stdin })) {
  /** @type {Task} */
  const { way, baseURL, question } = JSON.parse(line);
  const client = new OpenAI({ baseURL, apiKey: "theirs", maxRetries: 0 });
  const outcome = await ways[way](client, question).then(
    (value) => ({ value }),
    (error) => ({ error: seen(error) }),
  );
  console.log(JSON.stringify(outcome));
}
