/**
 * Tells quietly how much is left of a budget, once that is little.
 *
 * @module
 */
import { find } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";

/** @import { Budget } from "../types.js" */

/** Less than this share of a budget is little. */
const LITTLE = 0.2;
/** By then the edge has given back what an answer did not use, in milliseconds. */
const SETTLED_MS = 1000;

const LEFT = { day: "budget.left.day", month: "budget.left.month" };

export class BudgetSign {
  #sign = find("#budget", HTMLElement);
  #load;

  /** @param {() => Promise<Budget[]>} load gives none where there is no budget, or it is not known */
  constructor(load) {
    this.#load = load;
  }

  /** An answer has ended. */
  refresh() {
    setTimeout(async () => this.#show(await this.#load()), SETTLED_MS);
  }

  /** @param {Budget[]} budgets of which that is told which has the smallest share left */
  #show(budgets) {
    const [first] = budgets.filter(({ whose }) => whose === "own").sort((a, b) => shareOf(a) - shareOf(b));
    this.#sign.textContent = first && shareOf(first) < LITTLE ? t(LEFT[first.per], { rest: rest(first) }) : "";
  }
}

/** @param {Budget} budget @returns {number} how much of it is left, of 1 */
function shareOf({ limit, remaining }) {
  return remaining / limit;
}

/** @param {Budget} budget @returns {string} what is left of it, with its unit */
function rest({ unit, remaining }) {
  if (unit === "tokens") return t("budget.tokens", { count: remaining });
  return formatNumber(remaining, {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: remaining < 0.1 ? 4 : 2,
  });
}
