/**
 * What the upstream counted: of an answer, and of a room. Pure.
 *
 * @module
 */

/** @import { Message, Usage } from "../types.js" */

const COUNTS = /** @type {const} */ (["prompt_tokens", "completion_tokens", "total_tokens"]);

/**
 * An answer that is continued costs what each of its calls cost.
 *
 * @param {Usage | null} before of the calls before
 * @param {Usage} told of this call
 * @returns {Usage} the counts added up; whatever else was told, of the last call
 */
export function addUsage(before, told) {
  const sum = { ...told };
  for (const name of COUNTS) {
    const counts = [before?.[name], told[name]].filter((count) => typeof count === "number");
    if (counts.length > 0) sum[name] = counts.reduce((a, b) => a + b);
  }
  return sum;
}

/** Tokens. @typedef {{ answers: number, counted: number, asked: number, answered: number }} RoomUsage */

/**
 * @param {Message[]} messages of a room, in all its branches
 * @returns {RoomUsage & { models: (RoomUsage & { model: string })[] }} `counted`: the answers whose tokens the upstream told; `models`: by
 *   the model that answered, the most asked first
 */
export function usageOf(messages) {
  const answers = messages.filter(({ role }) => role === "assistant");
  const byModel = Map.groupBy(answers, ({ facts }) => facts?.model ?? "");
  const models = [...byModel].filter(([model]) => model !== "").map(([model, some]) => ({ model, ...sumOf(some) }));
  return { ...sumOf(answers), models: models.sort((a, b) => b.answers - a.answers) };
}

/** @param {Message[]} answers @returns {RoomUsage} */
function sumOf(answers) {
  const told = answers.flatMap(({ usage }) => (usage ? [usage] : []));
  const sum = (/** @type {typeof COUNTS[number]} */ name) =>
    told.reduce((total, usage) => total + (Number(usage[name]) || 0), 0);
  return {
    answers: answers.length,
    counted: told.length,
    asked: sum("prompt_tokens"),
    answered: sum("completion_tokens"),
  };
}
