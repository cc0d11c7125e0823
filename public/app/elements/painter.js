/**
 * Brings messages to the screen, once a frame at most and a piece at a time, so that the page stays quick under any flood.
 *
 * @module
 */

/** The time of a frame that may go into painting, in milliseconds. */
const BUDGET_MS = 8;

/** Of the time at most one part in this many goes into painting, when a single step is slow. */
const SHARE = 4;

/** @typedef {{ step: () => boolean }} Paintable shows the next piece; returns whether more is to be shown */

export class Painter {
  /** @type {Set<Paintable>} */
  #waiting = new Set();
  #scheduled = false;
  #notBefore = 0;
  #onPainted;

  /** @param {() => void} onPainted after each frame */
  constructor(onPainted) {
    this.#onPainted = onPainted;
  }

  /** @param {Paintable} view has something new */
  add(view) {
    this.#waiting.add(view);
    this.#schedule();
  }

  /** @param {Paintable} view is gone */
  drop(view) {
    this.#waiting.delete(view);
  }

  #schedule() {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#frame());
  }

  #frame() {
    this.#scheduled = false;
    const start = performance.now();
    if (start >= this.#notBefore) {
      // The newest first: that is where the reader is.
      for (const view of [...this.#waiting].reverse()) {
        if (!this.#step(view)) this.#waiting.delete(view);
        if (performance.now() - start > BUDGET_MS) break;
      }
      this.#onPainted();
      const took = performance.now() - start;
      this.#notBefore = took > BUDGET_MS ? start + took * SHARE : 0;
    }
    this.#schedule();
  }

  /** One that fails takes no other down. @param {Paintable} view @returns {boolean} */
  #step(view) {
    try {
      return view.step();
    } catch (error) {
      reportError(error);
      return false;
    }
  }
}
