// Vercel's AI SDK, with its provider for servers that speak like OpenAI's. The packages are those of the folder that it runs in.
import { createRequire } from "node:module";
import { serve } from "./pipe.mjs";
import { getWeather } from "./weather.mjs";

/** @type {(name: string) => any} their types are not here when `make check` runs */
const installed = createRequire(`${process.cwd()}/`);
const { createOpenAICompatible } = installed("@ai-sdk/openai-compatible");
const { APICallError, generateText, isStepCount, jsonSchema, streamText, tool } = installed("ai");

/** @typedef {import("./pipe.mjs").Task} Task */

/** @param {Task} task */
const options = ({ base_url: baseURL, api_key: apiKey, model, prompt }) => ({
  model: createOpenAICompatible({ name: "edge", baseURL, apiKey, includeUsage: true })(model),
  prompt,
  maxRetries: 0,
});

/** @param {string} text @param {{ inputTokens?: number, outputTokens?: number }} usage */
const answer = (text, usage) => ({ text, usage: [usage.inputTokens, usage.outputTokens] });

/** @type {Record<string, import("./pipe.mjs").Way>} */
const ways = {
  async whole(task) {
    const { text, usage } = await generateText(options(task));
    return answer(text, usage);
  },
  async stream(task) {
    const pieces = [];
    const result = streamText({ ...options(task), onError() {} });
    for await (const part of result.fullStream) {
      if (part.type === "error") throw part.error;
      if (part.type === "text-delta") pieces.push(part.text);
    }
    return { pieces, ...answer(await result.text, await result.usage) };
  },
  async tools(task) {
    const weather = tool({
      description: "Tell the weather of a city.",
      inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } }, required: ["city"] }),
      execute: async (/** @type {{ city: string }} */ { city }) => getWeather(city),
    });
    const { text, usage } = await generateText({
      ...options(task),
      tools: { get_weather: weather },
      stopWhen: isStepCount(2),
    });
    return answer(text, usage);
  },
  async stop(task) {
    const controller = new AbortController();
    const { textStream } = streamText({ ...options(task), abortSignal: controller.signal });
    for await (const _ of textStream) controller.abort();
  },
};

await serve(async (task) => {
  try {
    return { value: (await ways[task.way]?.(task)) ?? null };
  } catch (/** @type {any} */ error) {
    if (!APICallError.isInstance(error)) throw error;
    return { error: { kind: error.name, status: error.statusCode, text: error.message } };
  }
});
