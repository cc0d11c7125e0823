/**
 * Counts, costs and days of usage as the page's language writes them.
 *
 * @module
 */
import { tokensOf } from "../actions/usage-report.js";
import { currentLanguage, formatNumber } from "../elements/i18n.js";

/** @import { Period, Sums } from "../types.js" */

/** A smaller sum is shown to a hundredth of a cent, in USD. */
const SMALL_USD = 10;

/** @param {number} usd @returns {number} how many digits of a USD such sums, and parts of them, have */
export function digitsOf(usd) {
  return usd < SMALL_USD ? 4 : 2;
}

/** @param {number} usd @param {number} digits @returns {string} never nothing for something */
export function formatCost(usd, digits) {
  const least = 10 ** -digits;
  const fractions = { minimumFractionDigits: usd === 0 ? 0 : digits, maximumFractionDigits: digits };
  const options = { style: /** @type {const} */ ("currency"), currency: "USD", ...fractions };
  return usd > 0 && usd < least ? `<${formatNumber(least, options)}` : formatNumber(usd, options);
}

/** @param {Sums} sums @param {number} digits @returns {string} a dash where nothing is known of it */
export function formatCostOf({ cost_usd, unpriced }, digits) {
  const isPartial = unpriced > 0;
  return cost_usd === 0 && isPartial ? "–" : `${isPartial ? "≥\u202f" : ""}${formatCost(cost_usd, digits)}`;
}

/** @param {number} tokens @param {number} estimated those among them that are @returns {string} */
export function formatTokens(tokens, estimated) {
  return `${estimated > 0 ? "≈\u202f" : ""}${formatNumber(tokens)}`;
}

/** @param {Sums} sums @returns {string} all tokens */
export function formatAllTokens(sums) {
  return formatTokens(tokensOf(sums).all, sums.estimated_prompt_tokens + sums.estimated_completion_tokens);
}

/** @param {"short" | "long"} length @returns {Intl.DateTimeFormat} a day without its year, or with it */
function formatter(length) {
  const year = length === "long" ? "numeric" : undefined;
  return new Intl.DateTimeFormat(currentLanguage(), { day: "numeric", month: "short", year, timeZone: "UTC" });
}

/** @param {string} day @param {"short" | "long"} [length] */
export function formatDay(day, length = "long") {
  return formatter(length).format(Date.parse(day));
}

/** @param {Period} period */
export function formatPeriod({ from, to }) {
  return formatter("long").formatRange(Date.parse(from), Date.parse(to));
}
