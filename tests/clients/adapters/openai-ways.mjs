// What a user does with OpenAI's npm package, the same under Node and in a browser: the ways of tests/clients/clients.py.
import OpenAI from "openai";
import { getWeather } from "./weather.mjs";

/**
 * @typedef {import("./pipe.mjs").Task} Task
 * @typedef {OpenAI.Chat.ChatCompletion} Completion
 */

/** @param {Completion} completion */
const answer = ({ choices, usage }) => ({
  text: choices[0]?.message.content,
  usage: [usage?.prompt_tokens, usage?.completion_tokens],
});

/** @type {Record<string, (client: OpenAI, task: Task) => Promise<unknown>>} */
const ways = {
  async whole(client, { model, prompt }) {
    return answer(await client.chat.completions.create({ model, messages: [{ role: "user", content: prompt }] }));
  },
  async stream(client, { model, prompt }) {
    const stream = client.chat.completions.stream({
      model,
      messages: [{ role: "user", content: prompt }],
      stream_options: { include_usage: true },
    });
    /** @type {string[]} */
    const pieces = [];
    stream.on("content", (piece) => pieces.push(piece));
    return { pieces, ...answer(await stream.finalChatCompletion()) };
  },
  async tools(client, { model, prompt }) {
    const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const runner = client.chat.completions.runTools({
      model,
      messages: [{ role: "user", content: prompt }],
      tool_choice: "auto",
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Tell the weather of a city.",
            parameters,
            parse: JSON.parse,
            function: (/** @type {{ city: string }} */ { city }) => getWeather(city),
          },
        },
      ],
    });
    return answer(await runner.finalChatCompletion());
  },
  async stop(client, { model, prompt }) {
    const stream = client.chat.completions.stream({ model, messages: [{ role: "user", content: prompt }] });
    for await (const _ of stream) break;
  },
  async models(client) {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    return ids;
  },
};

/**
 * @param {Task} task
 * @returns {Promise<object>} what came of it
 */
export async function outcome({ way, ...task }) {
  const { base_url: baseURL, api_key: apiKey } = task;
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, dangerouslyAllowBrowser: true });
  try {
    return { value: (await ways[way]?.(client, { way, ...task })) ?? null };
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return { error: { kind: error.constructor.name, status: error.status ?? null, text: error.message } };
  }
}
