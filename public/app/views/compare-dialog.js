/**
 * Shows the answers to one question side by side.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { facts } from "./facts.js";
import { t } from "../elements/i18n.js";
import { Painter } from "../elements/painter.js";
import { AnswerText } from "./answer-text.js";

/** @import { Message } from "../types.js" */

/** @param {Message[]} answers @param {string} current the id of the one that is shown @param {(id: string) => void} choose */
export function compare(answers, current, choose) {
  const dialog = find("#compare", HTMLDialogElement);
  const painter = new Painter(() => {});
  const columns = answers.map((answer, at) => {
    const prose = h("div", { class: "prose" });
    const text = new AnswerText(prose);
    painter.add({ step: () => text.step(answer.content, true) });
    const take = () => {
      dialog.close();
      choose(answer.id);
    };
    return h(
      "section",
      { class: "column", "aria-current": answer.id === current ? "true" : null },
      h("h3", {}, t("branch.position", { at: at + 1, of: answers.length })),
      h("p", { class: "facts" }, facts(answer)),
      prose,
      h("p", {}, h("button", { type: "button", class: "quiet", onclick: take }, t("compare.take"))),
    );
  });
  const frame = find("#compare-columns", HTMLElement);
  frame.replaceChildren(...columns);
  // It scrolls sideways, by the keyboard too.
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-labelledby", "compare-title");
  dialog.showModal();
}
