/**
 * A list of which only what is near the visible part is made, so that thousands of lines cost no more than a screenful.
 *
 * @module
 */

/**
 * A line of the list.
 *
 * @typedef {object} Line
 * @property {string} key of its own
 * @property {number} height in rem
 * @property {(known: HTMLElement | undefined) => HTMLElement} draw makes its element, or brings the known one up to date
 */

/** So far above and below what is seen lines are made, as a part of the height that is seen. */
const NEAR = 0.75;

export class WindowList {
  #scroller;
  #list;
  /** @type {Line[]} */
  #lines = [];
  /** Where each begins, and the end of the last, in rem. */
  #tops = [0];
  /** @type {Map<string, HTMLElement>} those that are made, by key */
  #made = new Map();
  #frame = 0;
  /** The key of the line that is made wherever it is. */
  #stays = "";

  /** @param {HTMLElement} scroller @param {HTMLElement} list in it, with nothing above it */
  constructor(scroller, list) {
    this.#scroller = scroller;
    this.#list = list;
    const soon = () => {
      this.#frame ||= requestAnimationFrame(() => this.#draw(false));
    };
    scroller.addEventListener("scroll", soon, { passive: true });
    new ResizeObserver(soon).observe(scroller);
  }

  /** @param {Line[]} lines @param {string} stays the key of a line that is made wherever it is: the keyboard gets to it */
  show(lines, stays) {
    this.#lines = lines;
    this.#stays = stays;
    this.#tops = [0];
    for (const { height } of lines) this.#tops.push((this.#tops.at(-1) ?? 0) + height);
    this.#list.style.height = `${this.#tops.at(-1)}rem`;
    this.#draw(true);
  }

  /** Scroll no further than it takes to see a line. @param {string} key @returns {HTMLElement | undefined} it */
  reveal(key) {
    const at = this.#lines.findIndex((line) => line.key === key);
    if (at < 0) return undefined;
    this.#stays = key;
    this.#draw(false);
    this.#made.get(key)?.scrollIntoView({ block: "nearest" });
    return this.#made.get(key);
  }

  /** @param {boolean} isNew whether what is made may be out of date */
  #draw(isNew) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const focused = keyOf(document.activeElement);
    /** @type {Map<string, HTMLElement>} */
    const made = new Map();
    const [from, to] = this.#near();
    for (const [at, line] of this.#lines.entries()) {
      const isNear = at >= from && at < to;
      if (!isNear && line.key !== focused && line.key !== this.#stays) continue;
      const known = this.#made.get(line.key);
      const element = known && !isNew ? known : line.draw(known);
      element.dataset.key = line.key;
      element.style.top = `${this.#tops[at]}rem`;
      element.style.height = `${line.height}rem`;
      element.setAttribute("aria-posinset", String(at + 1));
      element.setAttribute("aria-setsize", String(this.#lines.length));
      made.set(line.key, element);
    }
    this.#made = made;
    replaceChildren(this.#list, [...made.values()]);
  }

  /** @returns {[number, number]} the lines that are seen or near, from the first to before the second */
  #near() {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const { scrollTop, clientHeight } = this.#scroller;
    const above = (scrollTop - NEAR * clientHeight) / rem;
    const below = (scrollTop + (1 + NEAR) * clientHeight) / rem;
    const to = this.#tops.findIndex((top) => top >= below);
    const from = this.#tops.findIndex((top) => top > above) - 1;
    return [Math.max(0, from), to < 0 ? this.#lines.length : to];
  }
}

/** @param {EventTarget | null} target @returns {string | null} the key of the line that it is in */
export function keyOf(target) {
  const line = target instanceof Element ? target.closest("[data-key]") : null;
  return line instanceof HTMLElement ? (line.dataset.key ?? null) : null;
}

/** As the element's own does, but what has the focus is not moved, for that would take it away. @param {HTMLElement} parent @param {HTMLElement[]} children */
function replaceChildren(parent, children) {
  if (children.length === parent.childElementCount && children.every((child, at) => child === parent.children[at]))
    return;
  const at = children.findIndex((child) => child.parentElement === parent && child.contains(document.activeElement));
  const pivot = children[at];
  if (!pivot) return parent.replaceChildren(...children);
  for (const child of [...parent.children]) if (child !== pivot) child.remove();
  pivot.before(...children.slice(0, at));
  pivot.after(...children.slice(at + 1));
}
