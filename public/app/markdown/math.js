/**
 * TeX as MathML, which browsers set themselves, without fonts or styles of a library. Loaded with the first formula.
 *
 * @module
 */
import { cleanMath } from "./sanitize.js";

/** @param {HTMLElement} element holding TeX; keeps it where it can't be read */
export async function typeset(element) {
  const tex = element.textContent ?? "";
  const { default: temml } = await import("temml");
  const math = document.createElement("span");
  try {
    temml.render(tex, math, {
      displayMode: element.dataset.math === "block",
      throwOnError: true,
      trust: false,
      annotate: true,
    });
  } catch {
    return;
  }
  cleanMath(math);
  element.classList.add("math");
  element.replaceChildren(...math.childNodes);
}
