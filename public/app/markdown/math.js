/**
 * TeX as MathML, which browsers set themselves. What sets it, its style and its font are loaded with the first formula.
 *
 * @module
 */
import { loadStyle } from "../elements/style.js";
import { whenIdle } from "./idle.js";
import { cleanMath } from "./sanitize.js";
import { isModest } from "./tex.js";

/** @returns {Promise<typeof import("temml").default>} */
async function load() {
  const [{ default: temml }] = await Promise.all([import("temml"), loadStyle("vendor/temml.css")]);
  return temml;
}

/** @param {HTMLElement} element holding TeX; keeps it where it can't be read, or would be out of all bounds */
export async function typeset(element) {
  const tex = element.textContent ?? "";
  const isBlock = element.dataset.math === "block";
  if (!isModest(tex, isBlock)) return;
  const temml = await load();
  await whenIdle(() => {
    const math = document.createElement("span");
    try {
      temml.render(tex, math, { displayMode: isBlock, throwOnError: true, trust: false });
    } catch {
      return;
    }
    cleanMath(math);
    element.classList.add("math");
    element.replaceChildren(...math.childNodes);
  });
}
