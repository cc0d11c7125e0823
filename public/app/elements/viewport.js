/**
 * Keeps the page in the part of the screen that is seen: a phone's keyboard may lie over the rest.
 *
 * @module
 */

export function fitVisualViewport() {
  const viewport = globalThis.visualViewport;
  if (!viewport) return;
  const fit = () => {
    // Zoomed in by hand, the page stays as it is: otherwise it would shrink while one looks closer.
    const height = viewport.scale > 1.01 ? "" : `${viewport.height}px`;
    document.documentElement.style.setProperty("--visible-height", height);
    if (height) scrollTo(0, 0);
  };
  viewport.addEventListener("resize", fit);
  fit();
}
