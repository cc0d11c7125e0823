/**
 * What the edge has counted: of which days, by what; as a chart, a table and CSV. Loaded when it is opened first.
 *
 * @module
 */
import { noticeOf } from "../actions/endings.js";
import { askUsage, dayOf, lastDays, MOST_DAYS, NotTold, sumOf, thisMonth } from "../actions/usage-report.js";
import { find, h, iconButton, saveAs } from "../elements/dom.js";
import { t, translate } from "../elements/i18n.js";
import { notice } from "./notice-view.js";
import { UsageChart } from "./usage-chart.js";
import { digitsOf, formatAllTokens, formatCostOf } from "./usage-figures.js";
import { usageTable } from "./usage-table.js";

/** @import { Counted, Dimension, Period, Sums } from "../types.js" */

/**
 * What was told of a period: its days, who used which models, and whether that is the person's own usage alone.
 *
 * @typedef {{ period: Period, days: Counted[], uses: Counted[], isOwn: boolean }} Told
 */

/** @type {Record<string, (now: number) => Period>} */
const PERIODS = {
  7: (now) => lastDays(7, now),
  30: (now) => lastDays(30, now),
  90: (now) => lastDays(90, now),
  month: thisMonth,
};

export class UsageDialog {
  #from = h("input", { type: "date", id: "usage-from", required: true });
  #to = h("input", { type: "date", id: "usage-to", required: true });
  #periods = segments(
    "usage-period",
    "usage.period",
    { 7: "usage.last7", 30: "usage.last30", 90: "usage.last90", month: "usage.month" },
    "30",
  );
  #by = segments("usage-by", "usage.by", { day: "usage.day", identity: "usage.person", model: "model.title" }, "day");
  #measure = segments("usage-measure", "usage.chart", { tokens: "usage.allTokens", cost: "usage.cost" }, "tokens");
  #form = h(
    "form",
    { class: "usage-form", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    this.#periods,
    h("p", { class: "row" }, label("usage-from", "usage.from"), this.#from, label("usage-to", "usage.to"), this.#to),
    this.#by,
    this.#measure,
  );
  #said = h("p", { class: "usage-said", role: "status", tabindex: "-1" });
  #notice = h("div", { role: "alert" });
  #chart = new UsageChart();
  #table = h("div", { class: "usage-table", tabindex: "0", role: "group", "data-i18n-label": "table" });
  #notes = h("div", { class: "note" });
  #csv = h("button", { type: "button", class: "quiet", "data-i18n": "usage.csv", onclick: () => void this.#export() });
  #figures = h(
    "div",
    { class: "usage-figures", hidden: true },
    this.#chart.element,
    this.#table,
    this.#notes,
    this.#csv,
  );
  #dialog = h(
    "dialog",
    { class: "box usage", id: "usage", "aria-labelledby": "usage-title", onclose: () => this.#newest.abort() },
    h(
      "div",
      { class: "panel-head" },
      h("h2", { id: "usage-title", "data-i18n": "usage.title" }),
      iconButton("close", "close", () => this.#dialog.close()),
    ),
    this.#form,
    this.#said,
    this.#notice,
    this.#figures,
  );
  /** @type {Told | null} */
  #told = null;
  #newest = new AbortController();
  #origin;
  #on;

  /**
   * @param {string} origin of the API
   * @param {{ token: () => string, settings: () => void }} on `settings`: the person wants to see to the token
   */
  constructor(origin, on) {
    this.#origin = origin;
    this.#on = on;
    this.#periods.addEventListener("change", () => this.#take(PERIODS[chosen(this.#periods)]));
    for (const input of [this.#from, this.#to])
      input.addEventListener("change", () => {
        for (const radio of this.#periods.querySelectorAll("input")) radio.checked = false;
        void this.#load();
      });
    for (const choice of [this.#by, this.#measure]) choice.addEventListener("change", () => this.#show());
    this.#offer(false, false);
    document.body.append(this.#dialog);
  }

  open() {
    if (this.#dialog.open) return;
    translate(this.#dialog);
    this.#dialog.showModal();
    this.#take(PERIODS[chosen(this.#periods)]);
  }

  /** Show it in the language, and the colours, of now. */
  refresh() {
    if (!this.#dialog.open) return;
    translate(this.#dialog);
    if (this.#told) this.#show();
    else void this.#load();
  }

  /** @param {((now: number) => Period) | undefined} periodOf where none is chosen by name, the dates stay as they are */
  #take(periodOf) {
    const period = periodOf?.(Date.now());
    if (period) {
      this.#from.value = period.from;
      this.#to.value = period.to;
    }
    void this.#load();
  }

  async #load() {
    const signal = this.#begin();
    const period = { from: this.#from.value, to: this.#to.value };
    const read = (/** @type {Response} */ response) => response.json();
    const ask = (/** @type {Dimension[]} */ ...by) =>
      this.#ask({ period, by, accept: "application/json", read, signal });
    this.#told = null;
    // What is shown stays until there is other: nothing jumps.
    this.#figures.inert = true;
    if (!this.#isPeriod()) return this.#say(t("usage.noPeriod"));
    this.#say(t("usage.loading"));
    try {
      const [days, uses] = await Promise.all([ask("day"), ask("identity", "model")]);
      if (signal.aborted) return;
      this.#told = { period, days: days.data, uses: uses.data, isOwn: uses.whose === "own" };
      this.#show();
    } catch (error) {
      this.#figures.hidden = true;
      this.#fail(error, signal, () => this.#load());
    }
  }

  async #export() {
    if (!this.#told) return;
    const { period } = this.#told;
    const signal = this.#begin();
    const by = [/** @type {Dimension} */ (chosen(this.#by))];
    const read = (/** @type {Response} */ response) => response.blob();
    try {
      saveAs(
        `ionet-edge-usage-${period.from}-to-${period.to}.csv`,
        await this.#ask({ period, by, accept: "text/csv", read, signal }),
      );
      this.#say(t("export.done"));
    } catch (error) {
      this.#fail(error, signal, () => this.#export());
    }
  }

  /** What was asked before does not count any more. @returns {AbortSignal} of what is asked now */
  #begin() {
    this.#newest.abort();
    this.#newest = new AbortController();
    this.#notice.replaceChildren();
    return this.#newest.signal;
  }

  /**
   * @template Body
   * @param {Omit<Parameters<typeof askUsage<Body>>[1], "token">} asked
   */
  #ask(asked) {
    return askUsage(this.#origin, { ...asked, token: this.#on.token() });
  }

  /** @returns {boolean} whether the dates are one; the browser checks them */
  #isPeriod() {
    const today = dayOf(Date.now());
    this.#from.min = lastDays(MOST_DAYS, Date.now()).from;
    this.#to.min = this.#from.value;
    this.#to.max = today;
    return this.#form.checkValidity();
  }

  #show() {
    if (!this.#told) return;
    const { period, days, uses, isOwn } = this.#told;
    const people = new Set(uses.map(({ identity }) => identity));
    const sum = sumOf(days);
    const isPriced = sum.cost_usd > 0;
    this.#figures.hidden = days.length === 0;
    this.#figures.inert = false;
    this.#offer(people.size > 1, isPriced);
    const by = /** @type {Dimension} */ (chosen(this.#by));
    if (days.length === 0) return this.#say(t("usage.empty"));
    this.#say(
      [
        t("usage.requestsIn", { count: sum.requests }),
        t("usage.tokensIn", { tokens: formatAllTokens(sum) }),
        ...(isPriced ? [formatCostOf(sum, digitsOf(sum.cost_usd))] : []),
      ].join(" · "),
    );
    this.#chart.show(period, days, isPriced && chosen(this.#measure) === "cost" ? "cost" : "tokens");
    this.#table.replaceChildren(usageTable(by === "day" ? days : uses, by, period));
    const own = isOwn ? t("usage.own", { name: uses[0]?.identity ?? "" }) : "";
    this.#notes.replaceChildren(...[own, ...notesOf(sum)].filter(Boolean).map((text) => h("p", {}, text)));
  }

  /** @param {boolean} people whether there are several, whom nobody but an owner sees @param {boolean} cost whether any is known */
  #offer(people, cost) {
    const person = find('[value="identity"]', HTMLInputElement, this.#by);
    person.parentElement?.toggleAttribute("hidden", !people && !person.checked);
    this.#measure.hidden = !cost;
  }

  /** @param {string} text */
  #say(text) {
    this.#said.textContent = text;
  }

  /** @param {unknown} error @param {AbortSignal} signal of what was asked @param {() => Promise<void>} retry */
  #fail(error, signal, retry) {
    if (signal.aborted) return;
    if (!(error instanceof NotTold)) throw error;
    this.#say("");
    const said = noticeOf({ ending: error.ending, content: "", reasoning: "", toolCalls: [], facts: null });
    if (!said) return;
    const actions = said.actions.filter((action) => action === "settings" || action === "retry");
    const shown = notice({ ...said, actions }, (action) => {
      // The button goes, and with it the focus.
      this.#said.focus();
      if (action === "retry") return void retry();
      this.#dialog.close();
      this.#on.settings();
    });
    this.#notice.replaceChildren(shown);
  }
}

/** @param {Sums} sum @returns {string[]} what is to be known about the figures; some may be empty */
function notesOf(sum) {
  const isEstimated = sum.estimated_prompt_tokens + sum.estimated_completion_tokens > 0;
  const isPriced = sum.cost_usd > 0;
  return [
    isEstimated ? t("usage.estimated") : "",
    sum.unpriced > 0 ? (isPriced ? t("usage.unpriced", { count: sum.unpriced }) : t("usage.noPrices")) : "",
    t("usage.utc"),
  ];
}

/**
 * @param {string} name
 * @param {string} key of its text
 * @param {Record<string, string>} choices values → keys
 * @param {string} first the one that is chosen
 */
function segments(name, key, choices, first) {
  const labels = Object.entries(choices).map(([value, text]) => {
    const radio = h("input", { type: "radio", name, value, checked: value === first });
    return h("label", {}, radio, h("span", { "data-i18n": text }));
  });
  return h("fieldset", { class: "segments" }, h("legend", { "data-i18n": key }), ...labels);
}

/** @param {HTMLFieldSetElement} choices @returns {string} the value of the chosen one, empty where there is none */
function chosen(choices) {
  return [...choices.querySelectorAll("input")].find(({ checked }) => checked)?.value ?? "";
}

/** @param {string} id of the field @param {string} key */
function label(id, key) {
  return h("label", { for: id, "data-i18n": key });
}
