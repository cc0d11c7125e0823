/**
 * What is known of an answer, in words.
 *
 * @module
 */
import { formatNumber, formatSeconds, t } from "../elements/i18n.js";

/** @import { Message } from "../types.js" */

/** Below this a rate says nothing, in milliseconds. */
const MEASURABLE_MS = 200;

/**
 * @param {Message} message
 * @param {boolean} [named] its model is told already
 * @returns {string} model, tokens, time to the first, rate, temperature: as far as known
 */
export function facts({ facts: known }, named = false) {
  if (!known) return "";
  const parts = [known.model && !named ? shortName(known.model) : ""];
  if (known.tokens > 0) {
    parts.push(t(known.tokensCounted ? "facts.tokens" : "facts.tokensAbout", { count: known.tokens }));
  }
  if (known.firstTokenMs !== null) parts.push(t("facts.first", { time: formatSeconds(known.firstTokenMs) }));
  if (known.writingMs > MEASURABLE_MS) {
    const rate = (known.tokens * 1000) / known.writingMs;
    parts.push(t("facts.rate", { rate: formatNumber(rate, { maximumFractionDigits: rate < 10 ? 1 : 0 }) }));
  }
  if (known.temperature !== null) parts.push(t("facts.temperature", { value: known.temperature }));
  return parts.filter(Boolean).join(" · ");
}

/** @param {Message} message @returns {string} */
export function reasoningTitle({ content, ending, facts: known }) {
  if (content === "" && ending === null) return t("reasoning.writing");
  return known && known.reasoningMs !== null
    ? t("reasoning.done", { time: formatSeconds(known.reasoningMs) })
    : t("reasoning.some");
}

const PICTURES_LEFT_OUT = { model: "leftOut.pictures.model", room: "leftOut.pictures.room" };

/** @param {Message} message @returns {string} */
export function leftOutText({ facts: known }) {
  if (!known) return "";
  const { leftOut, picturesLeftOut: pictures } = known;
  const said = [
    leftOut > 0 ? t("leftOut", { count: leftOut }) : "",
    pictures ? t(PICTURES_LEFT_OUT[pictures.why], { count: pictures.count }) : "",
  ];
  return said.filter(Boolean).join(" ");
}

/** @param {string} model e.g. "meta-llama/Llama-3.3-70B-Instruct" @returns {string} without its organisation */
export function shortName(model) {
  return model.split("/").at(-1) || model;
}
