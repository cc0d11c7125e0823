/**
 * Keeps the reader's place: at the end of what is being written, or at an element while what is above it changes.
 *
 * @module
 */

/** So close to the end counts as being there, in CSS pixels. */
const NEAR = 8;

/** From here on there is a button back to the end, in CSS pixels. */
const FAR = 160;

/** Keys that scroll up. */
const UP = new Set(["ArrowUp", "PageUp", "Home"]);

export class Follow {
  #scroller;
  #button;
  #following = false;
  /** @type {{ element: HTMLElement, top: number } | null} */
  #held = null;
  #top = 0;
  #finger = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} content whose size may change at any time: what comes near the screen is laid out only then
   * @param {HTMLButtonElement} button to the end
   */
  constructor(scroller, content, button) {
    this.#scroller = scroller;
    this.#button = button;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#watchReader();
    button.addEventListener("click", () => {
      this.toEnd();
      document.getElementById("input")?.focus({ preventScroll: true });
    });
    const observer = new ResizeObserver(() => this.keep());
    observer.observe(scroller);
    observer.observe(content);
  }

  /** Go to the end and stay there. */
  toEnd() {
    this.#held = null;
    this.#following = true;
    this.keep();
  }

  /** Go to the beginning and stay there. */
  toStart() {
    this.#held = null;
    this.#following = false;
    this.#scroller.scrollTop = 0;
    this.#offer();
  }

  /** Keep this element where it is until the reader moves. @param {HTMLElement} element @param {number} top in the window, in CSS pixels */
  hold(element, top) {
    this.#held = { element, top };
    this.#following = false;
    this.keep();
  }

  /** To be called when what is shown has changed. */
  keep() {
    if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    else if (this.#held) this.#scroller.scrollTop += this.#held.element.getBoundingClientRect().top - this.#held.top;
    this.#top = this.#scroller.scrollTop;
    this.#offer();
  }

  get #distance() {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
  }

  /** A small step up would be undone by the next words before it is seen as one: what the reader does counts, not how far it goes. */
  #watchReader() {
    const moves = (/** @type {boolean} */ up) => {
      this.#held = null;
      if (up && this.#scroller.scrollTop > 0) this.#following = false;
    };
    const passive = { passive: true };
    this.#scroller.addEventListener("wheel", ({ deltaY, ctrlKey }) => moves(deltaY < 0 && !ctrlKey), passive);
    this.#scroller.addEventListener("touchstart", ({ touches }) => this.#touch(touches), passive);
    this.#scroller.addEventListener("touchmove", ({ touches }) => moves(this.#touch(touches) > 0), passive);
    // A press on the scroll bar, or on a text that is then selected beyond the screen's edge.
    this.#scroller.addEventListener("pointerdown", ({ target }) => target === this.#scroller && moves(true), passive);
    document.addEventListener("keydown", ({ key, shiftKey, target }) => {
      const isTyping = target instanceof Element && target.closest("input, textarea, select, dialog");
      if (!isTyping) moves(UP.has(key) || (key === " " && shiftKey));
    });
  }

  /** @param {TouchList} touches @returns {number} how far down the finger has moved, in CSS pixels */
  #touch(touches) {
    const before = this.#finger;
    this.#finger = touches[0]?.clientY ?? before;
    return this.#finger - before;
  }

  #scrolled() {
    const { scrollTop } = this.#scroller;
    // Only a reader scrolls up: the page itself goes down. (Where the text has become shorter, its end is still the end.)
    if (scrollTop < this.#top && this.#distance > NEAR) this.#following = false;
    else if (scrollTop > this.#top && this.#distance < NEAR) this.#following = true;
    this.#top = scrollTop;
    this.#offer();
  }

  #offer() {
    this.#button.hidden = this.#following || this.#distance < FAR;
  }
}
