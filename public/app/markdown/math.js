/**
 * TeX as MathML, which browsers set themselves, without fonts or styles of a library. Loaded with the first formula.
 *
 * @module
 */
import { whenIdle } from "./idle.js";
import { cleanMath } from "./sanitize.js";
import { isModest } from "./tex.js";

/** @param {HTMLElement} element holding TeX; keeps it where it can't be read, or would be out of all bounds */
export async function typeset(element) {
  const tex = element.textContent ?? "";
  const isBlock = element.dataset.math === "block";
  if (!isModest(tex, isBlock)) return;
  const { default: temml } = await import("temml");
  await whenIdle(() => {
    const math = document.createElement("span");
    try {
      temml.render(tex, math, { displayMode: isBlock, throwOnError: true, trust: false, annotate: true });
    } catch {
      return;
    }
    cleanMath(math);
    element.classList.add("math");
    element.replaceChildren(...math.childNodes);
  });
}
