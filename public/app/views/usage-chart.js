/**
 * What was used on each day, as bars. The table beside it has the figures: for those who do not see it, this is one picture with a name.
 *
 * @module
 */
import uPlot from "uplot";
import { daysOf, tokensOf } from "../actions/usage-report.js";
import { h } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";
import { digitsOf, formatCost, formatDay, formatPeriod } from "./usage-figures.js";

/** @import { Axis, Options } from "uplot" */
/** @import { Counted, Period, Sums } from "../types.js" */

/** In pixels. */
const HEIGHT = 200;
const MOST_WIDE = 40;
const LETTERS = 12;

/** So many days lie between two that are named. */
const STEPS = [1, 2, 7, 14, 28, 91, 182, 364, 728];

/** What can be shown: the parts of each bar, the lowest first. */
const PARTS = {
  tokens: [
    { key: "usage.asked", of: (/** @type {Sums} */ sums) => tokensOf(sums).asked },
    { key: "usage.answered", of: (/** @type {Sums} */ sums) => tokensOf(sums).answered },
  ],
  cost: [{ key: "usage.cost", of: (/** @type {Sums} */ sums) => sums.cost_usd }],
};

/** @typedef {keyof typeof PARTS} Measure */

export class UsageChart {
  #legend = h("p", { class: "note usage-legend", "aria-hidden": "true" });
  #frame = h("div", { role: "img" });
  element = h("div", { class: "usage-chart" }, this.#legend, this.#frame);
  /** @type {uPlot | null} */
  #plot = null;

  constructor() {
    new ResizeObserver(() => this.#plot?.setSize(this.#size)).observe(this.#frame);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"])
      matchMedia(query).addEventListener("change", () => this.#plot?.redraw());
  }

  /** @param {Period} period @param {Counted[]} rows by day, at least one @param {Measure} measure */
  show(period, rows, measure) {
    const days = daysOf(period);
    const byDay = new Map(rows.map((row) => [row.day, row]));
    const parts = PARTS[measure].map(({ key, of }, at) => ({
      name: t(key),
      swatch: h("span", { class: `swatch part-${at}` }),
      said: h("span"),
      values: days.map((day) => {
        const row = byDay.get(day);
        return row ? of(row) : 0;
      }),
    }));
    const stacked = stack(parts.map(({ values }) => values));
    const { format, formatShort } = formatsOf(measure, stacked.at(-1) ?? []);
    const day = h("span");
    const say = (/** @type {number | null | undefined} */ at) => {
      day.textContent = at == null ? "" : formatDay(days[at] ?? "");
      for (const { name, said, values } of parts)
        said.textContent = at == null ? name : `${name}: ${format(values[at] ?? 0)}`;
    };
    say(null);
    this.#legend.replaceChildren(...parts.map(({ swatch, said }) => h("span", {}, swatch, said)), day);
    this.#frame.setAttribute("aria-label", labelOf(period, days, stacked.at(-1) ?? [], measure, format));
    /** @type {Options} */
    const options = {
      ...this.#size,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: [-0.5, days.length - 0.5] },
        y: { range: (_, _least, most) => [0, most * 1.05 || 1] },
      },
      axes: this.#axes((at) => formatDay(days[at] ?? "", "short"), formatShort),
      series: [{}, ...parts.map(({ swatch }) => bars(swatch)).reverse()],
      hooks: { setCursor: [({ cursor }) => say(cursor.idx)] },
    };
    this.#plot?.destroy();
    // What reaches higher is drawn first, and covered by what lies below it.
    this.#plot = new uPlot(options, [days.map((_, at) => at), ...stacked.reverse()], this.#frame);
  }

  get #size() {
    return { width: this.#frame.clientWidth, height: HEIGHT };
  }

  /** @param {(at: number) => string} nameOf a day @param {(value: number) => string} format @returns {Axis[]} */
  #axes(nameOf, format) {
    const style = getComputedStyle(this.#legend);
    // Asked for anew whenever it is drawn: a theme may have changed.
    const usual = { stroke: () => style.color, font: `${LETTERS}px ${style.fontFamily}`, ticks: { show: false } };
    const lines = getComputedStyle(this.element);
    return [
      { ...usual, grid: { show: false }, incrs: STEPS, space: 64, size: 28, values: (_, places) => places.map(nameOf) },
      {
        ...usual,
        grid: { stroke: () => lines.borderTopColor, width: 1 },
        size: 64,
        values: (_, values) => values.map(format),
      },
    ];
  }
}

/** @param {HTMLElement} swatch whose colour they have @returns {uPlot.Series} */
function bars(swatch) {
  const style = getComputedStyle(swatch);
  return {
    fill: () => style.color,
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars?.({ size: [0.8, MOST_WIDE] }),
  };
}

/** @param {number[][]} lists as long as each other @returns {number[][]} each with those before it added */
function stack(lists) {
  return lists.map((list, part) =>
    list.map((_, at) => lists.slice(0, part + 1).reduce((sum, values) => sum + (values[at] ?? 0), 0)),
  );
}

/** @param {Measure} measure @param {number[]} sums @returns {Record<"format" | "formatShort", (value: number) => string>} */
function formatsOf(measure, sums) {
  if (measure === "tokens")
    return { format: formatNumber, formatShort: (value) => formatNumber(value, { notation: "compact" }) };
  const digits = digitsOf(sums.reduce((a, b) => a + b, 0));
  return {
    format: (value) => formatCost(value, digits),
    formatShort: (value) => formatNumber(value, { notation: "compact", style: "currency", currency: "USD" }),
  };
}

/**
 * @param {Period} period
 * @param {string[]} days
 * @param {number[]} sums of each
 * @param {Measure} measure
 * @param {(value: number) => string} format
 */
function labelOf(period, days, sums, measure, format) {
  const most = Math.max(...sums);
  const day = formatDay(days[sums.indexOf(most)] ?? "");
  const key = measure === "cost" ? "usage.costByDay" : "usage.tokensByDay";
  return t(key, { period: formatPeriod(period), most: format(most), day });
}
