/**
 * Scrolls along with what is written, as long as the reader is at the end.
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
    this.#following = true;
    this.keep();
  }

  /** Go to the beginning and stay there. */
  toStart() {
    this.#following = false;
    this.#scroller.scrollTop = 0;
    this.#offer();
  }

  /** To be called when what is shown has changed. */
  keep() {
    if (this.#following) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      this.#top = this.#scroller.scrollTop;
    }
    this.#offer();
  }

  get #distance() {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
  }

  /** A small step up would be undone by the next words before it is seen as one: what the reader does counts, not how far it goes. */
  #watchReader() {
    const letGo = () => {
      if (this.#scroller.scrollTop > 0) this.#following = false;
    };
    const passive = { passive: true };
    this.#scroller.addEventListener("wheel", ({ deltaY, ctrlKey }) => deltaY < 0 && !ctrlKey && letGo(), passive);
    this.#scroller.addEventListener("touchstart", ({ touches }) => this.#touch(touches), passive);
    this.#scroller.addEventListener("touchmove", ({ touches }) => this.#touch(touches) > 0 && letGo(), passive);
    // A press on the scroll bar, or on a text that is then selected beyond the screen's edge.
    this.#scroller.addEventListener("pointerdown", ({ target }) => target === this.#scroller && letGo(), passive);
    document.addEventListener("keydown", ({ key, shiftKey, target }) => {
      const isTyping = target instanceof Element && target.closest("input, textarea, select, dialog");
      if (!isTyping && (UP.has(key) || (key === " " && shiftKey))) letGo();
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
