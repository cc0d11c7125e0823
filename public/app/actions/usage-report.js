/**
 * What the edge has counted (`GET /api/usage`): which days are asked for, the asking, and the sums.
 *
 * @module
 */

/** @import { StreamError } from "../../ionet-stream.js" */
/** @import { Counted, Dimension, Ending, Period, Sums } from "../types.js" */

const DAY_MS = 86_400_000;

/** No edge keeps its counts for longer, in days. */
export const MOST_DAYS = 4000;

/** @param {number} ms milliseconds since 1970 @returns {string} the day in UTC, as the edge counts days: `YYYY-MM-DD` */
export function dayOf(ms) {
  return new Date(ms).toISOString().slice(0, 10);
}

/** @param {number} days @param {number} now milliseconds since 1970 @returns {Period} the last so many, today among them */
export function lastDays(days, now) {
  return { from: dayOf(now - (days - 1) * DAY_MS), to: dayOf(now) };
}

/** @param {number} now milliseconds since 1970 @returns {Period} this month, until today */
export function thisMonth(now) {
  const to = dayOf(now);
  return { from: `${to.slice(0, 8)}01`, to };
}

/** @param {Period} period @returns {string[]} its days */
export function daysOf({ from, to }) {
  const days = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) days.push(dayOf(at));
  return days;
}

/** @param {Sums[]} rows @returns {Sums} */
export function sumOf(rows) {
  const sum = (/** @type {keyof Sums} */ name) => rows.reduce((total, row) => total + row[name], 0);
  return {
    requests: sum("requests"),
    refused: sum("refused"),
    prompt_tokens: sum("prompt_tokens"),
    cached_tokens: sum("cached_tokens"),
    completion_tokens: sum("completion_tokens"),
    estimated_prompt_tokens: sum("estimated_prompt_tokens"),
    estimated_completion_tokens: sum("estimated_completion_tokens"),
    unpriced: sum("unpriced"),
    cost_usd: sum("cost_usd"),
  };
}

/** @param {Sums} sums @returns {{ asked: number, answered: number, all: number }} tokens, estimated ones among them */
export function tokensOf(sums) {
  const asked = sums.prompt_tokens + sums.estimated_prompt_tokens;
  const answered = sums.completion_tokens + sums.estimated_completion_tokens;
  return { asked, answered, all: asked + answered };
}

/**
 * @param {Counted[]} rows
 * @param {Dimension} by
 * @returns {(Sums & { name: string })[]} a line for each day, the latest first; or for each person or model, who used most first
 */
export function linesOf(rows, by) {
  const lines = [...Map.groupBy(rows, (row) => row[by] ?? "")].map(([name, some]) => ({ name, ...sumOf(some) }));
  if (by === "day") return lines.sort((a, b) => (a.name < b.name ? 1 : -1));
  return lines.sort((a, b) => b.cost_usd - a.cost_usd || tokensOf(b).all - tokensOf(a).all || b.requests - a.requests);
}

/** The edge did not tell: `ending` says why, as that of an answer does. */
export class NotTold extends Error {
  /** @param {Ending} ending */
  constructor(ending) {
    super(ending.error?.message);
    this.ending = ending;
  }
}

/**
 * @template Body
 * @param {string} origin of the API
 * @param {object} asked
 * @param {Period} asked.period
 * @param {Dimension[]} asked.by
 * @param {string} asked.token may be empty
 * @param {string} asked.accept the media type
 * @param {(response: Response) => Promise<Body>} asked.read
 * @param {AbortSignal} asked.signal
 * @returns {Promise<Body>} rejects with `NotTold`, or the signal's reason
 */
export async function askUsage(origin, { period, by, token, accept, read, signal }) {
  const query = new URLSearchParams({ ...period, by: by.join() });
  const headers = { accept, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  try {
    const response = await fetch(`${origin}/api/usage?${query}`, { headers, signal });
    if (!response.ok) throw new NotTold({ kind: "refused-edge", error: await refusalOf(response) });
    return await read(response);
  } catch (cause) {
    if (signal.aborted || cause instanceof NotTold) throw cause;
    throw new NotTold({ kind: "unreachable", error: { kind: "network", message: String(cause) } });
  }
}

/** @param {Response} response @returns {Promise<StreamError>} */
async function refusalOf(response) {
  const { status, headers } = response;
  const error = (await response.json().catch(() => null))?.error;
  return {
    kind: "http",
    message: String(error?.message ?? `HTTP ${status}`),
    code: error?.code ?? null,
    status,
    requestId: headers.get("x-request-id"),
    answeredBy: headers.get("x-answered-by"),
    retryAfter: Number(headers.get("retry-after")) || null,
  };
}
