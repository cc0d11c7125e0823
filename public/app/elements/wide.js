/**
 * What is wider than its place scrolls sideways: by the keyboard only where it can have the focus, and then it needs a name.
 *
 * @module
 */
import { t } from "./i18n.js";

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const isWide = target.scrollWidth > target.clientWidth && getComputedStyle(target).overflowX === "auto";
    for (const [name, value] of [
      ["tabindex", "0"],
      ["role", "group"],
      ["aria-label", t(target.getAttribute("data-i18n-label") ?? "")],
    ]) {
      if (isWide) target.setAttribute(String(name), String(value));
      else target.removeAttribute(String(name));
    }
  }
});

/** Let the keyboard reach this element as long as it is too wide. @param {HTMLElement} element @param {string} key of its name */
export function reachWhereWide(element, key) {
  element.dataset.i18nLabel = key;
  observer.observe(element);
}
