/**
 * Shows the answers to one question side by side, also while they are being written.
 *
 * @module
 */
import { noticeOf } from "../actions/endings.js";
import { find, h } from "../elements/dom.js";
import { t } from "../elements/i18n.js";
import { Painter } from "../elements/painter.js";
import { Cover } from "./cover.js";
import { AnswerText } from "./answer-text.js";
import { facts, shortName } from "./facts.js";

/** @import { Message } from "../types.js" */

export class CompareDialog {
  #dialog = find("#compare", HTMLDialogElement);
  #frame = find("#compare-columns", HTMLElement);
  #painter = new Painter(() => {});
  /** @type {Map<string, Column>} by the id of the answer */
  #columns = new Map();

  /** @param {() => void} onStop */
  constructor(onStop) {
    // It scrolls sideways, by the keyboard too.
    this.#frame.tabIndex = 0;
    this.#frame.setAttribute("role", "group");
    this.#frame.setAttribute("aria-labelledby", "compare-title");
    find("#compare-stop", HTMLButtonElement).addEventListener("click", onStop);
    this.#dialog.addEventListener("close", () => this.#clear());
  }

  /** @param {Message[]} answers @param {string} current the id of the one that is shown @param {(id: string) => void} choose */
  open(answers, current, choose) {
    this.#clear();
    for (const answer of answers) {
      const column = new Column(answer, answer.id === current, () => {
        this.#dialog.close();
        choose(answer.id);
      });
      this.#columns.set(answer.id, column);
      this.#frame.append(column.element);
      this.#painter.add(column);
    }
    this.#dialog.showModal();
  }

  /** The text of this answer has grown. @param {Message} answer */
  grow({ id }) {
    const column = this.#columns.get(id);
    if (column) this.#painter.add(column);
  }

  #clear() {
    for (const column of this.#columns.values()) this.#painter.drop(column);
    this.#columns.clear();
    this.#frame.replaceChildren();
  }
}

class Column {
  #answer;
  #facts = h("p", { class: "facts" });
  #prose = h("div", { class: "prose" });
  #said = h("p", { class: "note" });
  #text = new AnswerText(this.#prose);
  #cover = new Cover(() => this.#showCover());

  /** @param {Message} answer @param {boolean} isCurrent @param {() => void} take */
  constructor(answer, isCurrent, take) {
    this.#answer = answer;
    const model = answer.facts?.model;
    this.element = h(
      "section",
      { class: "column answer", "aria-current": isCurrent ? "true" : null },
      h(
        "header",
        { class: "column-head" },
        h("h3", { class: "name" }, model ? shortName(model) : t("model.default")),
        h("button", { type: "button", class: "quiet", onclick: take }, t("compare.take")),
      ),
      this.#facts,
      this.#cover.element,
      this.#prose,
      this.#said,
    );
  }

  /** @returns {boolean} whether there is more to show */
  step() {
    const { content, ending } = this.#answer;
    const said = noticeOf(this.#answer);
    this.element.dataset.state = ending ? "ended" : content === "" ? "waiting" : "writing";
    this.#facts.textContent = facts(this.#answer, true);
    this.#said.textContent = said ? t(said.key, said.values) : "";
    this.#showCover();
    return this.#text.step(content, ending !== null);
  }

  #showCover() {
    this.#cover.show(this.#answer);
    this.#prose.hidden = this.#cover.isClosed;
  }
}
