/**
 * How an answer ended, and what to tell the person about it. Pure.
 *
 * @module
 */

import { isHidden } from "../kept/verdict.js";

/** @import { StreamEnd, StreamError } from "../../ionet-stream.js" */
/** @import { Ending, EndingKind, Message } from "../types.js" */

/**
 * What is said below an answer: a text of the language files with its values, how loud, and what can be done.
 *
 * @typedef {object} Notice
 * @property {string} key
 * @property {Record<string, string | number>} values
 * @property {"quiet" | "warning" | "error"} tone
 * @property {("retry" | "continue" | "models" | "settings")[]} actions
 * @property {string | null} detail in the words of who refused
 * @property {"upstream" | "edge" | "unknown"} from who that is
 * @property {string | null} requestId
 */

/** @type {Record<string, EndingKind>} */
const FINISHES = { length: "length", content_filter: "filtered" };

/** @param {StreamEnd} end @returns {Ending} */
export function endingOf({ how, finishReason, error }) {
  if (how === "done") return { kind: FINISHES[finishReason ?? ""] ?? "done", error: null };
  if (how !== "error") return { kind: how, error };
  return { kind: refusalOf(error), error };
}

/** @param {StreamError | null} error @returns {EndingKind} */
function refusalOf(error) {
  if (error?.kind === "network") return "unreachable";
  if (error?.kind !== "http") return "failed";
  if (error.code === "content_filter") return "filtered";
  return error.answeredBy === "upstream" ? "refused-upstream" : "refused-edge";
}

/**
 * @param {Pick<Message, "ending" | "content" | "reasoning" | "toolCalls" | "facts">} message an answer that has ended
 * @returns {Notice | null} null where there is nothing to say
 */
export function noticeOf({ ending, content, reasoning, toolCalls, facts }) {
  if (!ending) return null;
  const hasText = content !== "";
  const hasAny = hasText || reasoning !== "" || toolCalls.length > 0;
  const { error } = ending;
  const detail = error && error.kind !== "network" ? error.message : null;
  const base = { values: {}, detail, from: speakerOf(error), requestId: error?.requestId ?? null };
  const goesOn = hasText && !isHidden({ facts });
  /** @type {Notice["actions"]} */
  const again = goesOn ? ["continue", "retry"] : ["retry"];
  switch (ending.kind) {
    case "done":
      return hasText || toolCalls.length > 0
        ? null
        : { ...base, key: "ending.empty", tone: "warning", actions: ["models", "retry"] };
    case "stopped":
      return { ...base, key: "ending.stopped", tone: "quiet", actions: goesOn ? ["continue"] : ["retry"] };
    case "length":
      return hasText
        ? { ...base, key: "ending.length", tone: "quiet", actions: goesOn ? ["continue"] : ["retry"] }
        : { ...base, key: "ending.lengthEmpty", tone: "warning", actions: ["models", "retry"] };
    case "filtered":
      if (hasText) return { ...base, key: "ending.withheld", tone: "warning", actions: ["retry"] };
      return { ...base, key: "ending.filtered", tone: "warning", actions: error ? [] : ["retry"] };
    case "interrupted":
    case "closed":
      return { ...base, key: `ending.${ending.kind}${hasAny ? "" : "Empty"}`, tone: "warning", actions: again };
    case "failed":
      return hasAny
        ? { ...base, key: "ending.failed", tone: "error", actions: again }
        : { ...base, key: "ending.failedEmpty", tone: "error", actions: ["models", "retry"] };
    case "unreachable":
      return { ...base, key: "ending.unreachable", tone: "error", actions: ["retry"] };
    case "unsent":
      return { ...base, key: "ending.unsent", tone: "error", actions: ["settings", "retry"] };
    default:
      return { ...base, ...refusal(ending), tone: "error" };
  }
}

/** @param {StreamError | null} error @returns {Notice["from"]} */
function speakerOf(error) {
  const who = error?.answeredBy;
  return who === "upstream" || who === "edge" ? who : "unknown";
}

/**
 * @param {Ending} ending a refusal with an HTTP status
 * @returns {Pick<Notice, "key" | "values" | "actions">}
 */
function refusal({ kind, error }) {
  const status = error?.status ?? 0;
  if (kind === "refused-upstream") return upstreamRefusal(status, error);
  const code = String(error?.code ?? "");
  const tokens = ["missing_token", "invalid_token", "expired_token"];
  if (tokens.includes(code)) return { key: `refused.${code}`, values: {}, actions: ["settings", "retry"] };
  if (status === 401) return { key: "refused.invalid_token", values: {}, actions: ["settings", "retry"] };
  if (status === 402) return { key: "refused.tier", values: {}, actions: ["models", "retry"] };
  if (status === 403) return { key: "refused.forbidden", values: {}, actions: ["models", "retry"] };
  if (status === 413) return { key: "refused.tooLong", values: {}, actions: [] };
  if (status === 429) return limited(code === "budget_exceeded" ? "refused.budget" : "refused.rate", error);
  if (code === "upstream_key_refused") return { key: "upstream.key", values: {}, actions: ["retry"] };
  if (code === "not_configured") return { key: "refused.not_configured", values: {}, actions: [] };
  if (code === "usage_unavailable") return { key: "refused.usage", values: {}, actions: ["retry"] };
  if (status >= 502) return { key: "refused.noUpstream", values: {}, actions: ["retry"] };
  return { key: "refused.edge", values: { status }, actions: ["retry"] };
}

/**
 * @param {number} status
 * @param {StreamError | null} error
 * @returns {Pick<Notice, "key" | "values" | "actions">}
 */
function upstreamRefusal(status, error) {
  if (status === 401 || status === 403) return { key: "upstream.key", values: {}, actions: ["retry"] };
  if (status === 402) {
    const credits = /credit|balance|fund/i.test(error?.message ?? "");
    return { key: credits ? "upstream.credits" : "upstream.tier", values: {}, actions: ["models", "retry"] };
  }
  if (status === 404) return { key: "upstream.noModel", values: {}, actions: ["models", "retry"] };
  if (status === 429) return limited("upstream.rate", error);
  if (status >= 500) return { key: "upstream.busy", values: { status }, actions: ["models", "retry"] };
  return { key: "upstream.other", values: { status }, actions: ["models", "retry"] };
}

/**
 * @param {string} key
 * @param {StreamError | null} error
 * @returns {Pick<Notice, "key" | "values" | "actions">}
 */
function limited(key, error) {
  const seconds = error?.retryAfter ?? null;
  return seconds === null
    ? { key, values: {}, actions: ["retry"] }
    : { key: `${key}Wait`, values: { seconds: Math.ceil(seconds) }, actions: ["retry"] };
}
