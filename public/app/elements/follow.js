/**
 * Scrolls along with what is written, as long as the reader is at the end.
 *
 * @module
 */

/** So close to the end counts as being there, in CSS pixels. */
const NEAR = 48;

/** From here on there is a button back to the end, in CSS pixels. */
const FAR = 160;

export class Follow {
  #scroller;
  #button;
  #following = false;
  #top = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} content whose size may change at any time: what comes near the screen is laid out only then
   * @param {HTMLButtonElement} button to the end
   */
  constructor(scroller, content, button) {
    this.#scroller = scroller;
    this.#button = button;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
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
    if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    else this.#offer();
  }

  get #distance() {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
  }

  #scrolled() {
    const { scrollTop } = this.#scroller;
    if (this.#distance < NEAR) this.#following = true;
    // Only a reader scrolls up: the page itself goes down.
    else if (scrollTop < this.#top) this.#following = false;
    this.#top = scrollTop;
    this.#offer();
  }

  #offer() {
    this.#button.hidden = this.#following || this.#distance < FAR;
  }
}
