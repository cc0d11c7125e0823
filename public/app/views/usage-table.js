/**
 * What was used, as a table: a line for each day, person or model, and all of them together.
 *
 * @module
 */
import { linesOf, sumOf, tokensOf } from "../actions/usage-report.js";
import { h } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";
import { digitsOf, formatCostOf, formatDay, formatPeriod, formatTokens } from "./usage-figures.js";

/** @import { Counted, Dimension, Period, Sums } from "../types.js" */

/** The keys of its name, by what its lines are for. */
const CAPTIONS = { day: "usage.byDay", identity: "usage.byPerson", model: "usage.byModel" };
/** And of its first column. */
const NAMES = { day: "usage.day", identity: "usage.person", model: "model.title" };

/** @typedef {{ key: string, cell: (sums: Sums) => string }} Column */

/** @param {Counted[]} rows at least one @param {Dimension} by @param {Period} period @returns {HTMLTableElement} */
export function usageTable(rows, by, period) {
  const sum = sumOf(rows);
  const columns = columnsOf(sum);
  const heading = (/** @type {string} */ key) => h("th", { scope: "col" }, t(key));
  const line = (/** @type {Node | string} */ name, /** @type {Sums} */ sums) =>
    h("tr", {}, h("th", { scope: "row" }, name), ...columns.map(({ cell }) => h("td", {}, cell(sums))));
  return h(
    "table",
    {},
    h("caption", {}, t(CAPTIONS[by], { period: formatPeriod(period) })),
    h("thead", {}, h("tr", {}, heading(NAMES[by]), ...columns.map(({ key }) => heading(key)))),
    h("tbody", {}, ...linesOf(rows, by).map(({ name, ...sums }) => line(nameOf(name, by), sums))),
    h("tfoot", {}, line(t("usage.total"), sum)),
  );
}

/** @param {Sums} sum of all lines @returns {Column[]} those that have something to tell */
function columnsOf(sum) {
  const digits = digitsOf(sum.cost_usd);
  /** @type {(Column | false)[]} */
  const columns = [
    { key: "usage.requests", cell: ({ requests }) => formatNumber(requests) },
    { key: "usage.refused", cell: ({ refused }) => formatNumber(refused) },
    { key: "usage.asked", cell: (sums) => formatTokens(tokensOf(sums).asked, sums.estimated_prompt_tokens) },
    sum.cached_tokens > 0 && { key: "usage.cached", cell: ({ cached_tokens }) => formatNumber(cached_tokens) },
    { key: "usage.answered", cell: (sums) => formatTokens(tokensOf(sums).answered, sums.estimated_completion_tokens) },
    sum.cost_usd > 0 && { key: "usage.cost", cell: (sums) => formatCostOf(sums, digits) },
  ];
  return columns.filter((column) => column !== false);
}

/** @param {string} name @param {Dimension} by @returns {Node | string} */
function nameOf(name, by) {
  if (by === "day") return h("time", { datetime: name }, formatDay(name));
  return name === "" ? t("usage.none") : h("bdi", {}, name);
}
