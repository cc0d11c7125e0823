/**
 * Small help to build elements without a framework and without HTML strings.
 *
 * @module
 */
import { t } from "./i18n.js";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | null | ((event: any) => void)>} [attributes] `on…` are listeners; false and null are left out
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (typeof value === "string") element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} name of a symbol in index.html @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * A button that shows an icon and is named by a text of the language files.
 *
 * @param {string} name of the icon
 * @param {string} key of its name
 * @param {(event: MouseEvent) => void} onclick
 * @returns {HTMLButtonElement}
 */
export function iconButton(name, key, onclick) {
  const label = t(key);
  return h(
    "button",
    { type: "button", class: "icon-button", "data-i18n-label": key, "aria-label": label, title: label, onclick },
    icon(name),
  );
}

/**
 * @template {Element} Kind
 * @param {string} selector
 * @param {new () => Kind} kind
 * @param {ParentNode} [root]
 * @returns {Kind} throws when the page does not have it
 */
export function find(selector, kind, root = document) {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page has no ${selector}`);
  return element;
}

/** Copy, and say so on the button for a moment. @param {HTMLButtonElement} button @param {string} text */
export async function copyFrom(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(button, text);
  }
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1500);
}

/** The old way, for plain http, where there is no clipboard. @param {HTMLElement} beside @param {string} text */
function copyBySelection(beside, text) {
  const box = h("textarea", { class: "visually-hidden" });
  box.value = text;
  // Beside the button: what lies outside of an open dialog can't be selected.
  beside.after(box);
  box.select();
  document.execCommand("copy");
  box.remove();
  beside.focus();
}

/** Have the browser save something as a file. @param {string} name of the file @param {string | Blob} content */
export function saveAs(name, content) {
  const href = URL.createObjectURL(
    new Blob([content], { type: content instanceof Blob ? content.type : "text/plain" }),
  );
  h("a", { href, download: name }).click();
  // Not at once: the browser reads it only when it has asked where to put it.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
