/**
 * Tells quietly how much is left of a day's budget, once that is little.
 *
 * @module
 */
import { find } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

/** @import { TokenBudget } from "../types.js" */

/** Less than this share of a day's budget is little. */
const LITTLE = 0.2;
/** By then the edge has given back what an answer did not use, in milliseconds. */
const SETTLED_MS = 1000;

export class BudgetSign {
  #sign = find("#budget", HTMLElement);
  #load;

  /** @param {() => Promise<TokenBudget | null>} load gives null where there is no budget, or it is not known */
  constructor(load) {
    this.#load = load;
  }

  /** An answer has ended. */
  refresh() {
    setTimeout(async () => this.#show(await this.#load()), SETTLED_MS);
  }

  /** @param {TokenBudget | null} budget */
  #show(budget) {
    const isLittle = budget !== null && budget.remaining < LITTLE * budget.limit;
    this.#sign.textContent = isLittle ? t("budget.left", { tokens: budget.remaining }) : "";
  }
}
