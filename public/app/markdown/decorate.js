/**
 * What sanitised Markdown needs to be used: links that leave safely, pictures that wait for a click, tables that scroll, code to copy.
 *
 * @module
 */
import { h, icon } from "../elements/dom.js";
import { t } from "../elements/i18n.js";
import { reachWhereWide } from "../elements/wide.js";
import { CodeBlock } from "./code-block.js";
import { typeset } from "./math.js";
import { decoratePicture } from "./pictures.js";

/** What has a direction of its own, by its first letter. In a list each item has one, and what it holds follows. */
const BLOCKS = ":is(p, h3, h4, h5, h6, blockquote):not(li *, blockquote *), li:not(blockquote *)";

/**
 * @param {DocumentFragment} fragment
 * @param {boolean} settled nothing of it will change: worth colouring and typesetting
 */
export function decorate(fragment, settled) {
  for (const block of fragment.querySelectorAll(BLOCKS)) block.setAttribute("dir", "auto");
  for (const foreign of fragment.querySelectorAll("code, [data-math]")) foreign.setAttribute("dir", "ltr");
  for (const link of fragment.querySelectorAll("a")) {
    decorateLink(link);
    if (link.dataset.picture !== undefined) decoratePicture(link, settled);
  }
  for (const box of fragment.querySelectorAll("[data-task]")) decorateTask(box);
  for (const table of fragment.querySelectorAll("table")) {
    const frame = h("div", {
      class: "table",
      dir: "auto",
      role: "group",
      tabindex: "0",
      "aria-label": t("table"),
      "data-i18n-label": "table",
    });
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const code of fragment.querySelectorAll("pre > code")) {
    const block = new CodeBlock(code instanceof HTMLElement ? (code.dataset.language ?? "") : "");
    block.append(code.textContent ?? "");
    code.parentElement?.replaceWith(block.element);
    if (settled) block.finish();
  }
  for (const formula of settled ? fragment.querySelectorAll("[data-math]") : []) {
    if (formula instanceof HTMLElement) void typeset(formula).then(() => reachWhereWide(formula, "formula"));
  }
}

/** An item with a box has no bullet. @param {Element} box */
function decorateTask(box) {
  const isDone = box.getAttribute("data-task") === "done";
  const key = isDone ? "task.done" : "task.open";
  box.closest("li")?.classList.add("task");
  const sign = icon(isDone ? "done" : "open");
  box.replaceWith(h("span", { class: "task-sign", role: "img", "data-i18n-label": key, "aria-label": t(key) }, sign));
}

/** @param {HTMLAnchorElement} link whose target was sanitised away where it is not a web or mail address */
function decorateLink(link) {
  if (link.hasAttribute("href")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    link.title = link.href;
  }
}
