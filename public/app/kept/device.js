/**
 * Small things kept by name, on this device or for this tab. What the browser does not take, because it keeps nothing for this page
 * or has no room, is kept as long as the page is open.
 *
 * @module
 */

/** A `Storage` that never throws. */
class Kept {
  #area;
  /** @type {Map<string, string>} what the browser did not take */
  #untaken = new Map();
  /** Called where something is kept only until the page closes. */
  onRefusal = () => {};

  /** @param {() => Storage} area of the browser's; to ask for it may throw */
  constructor(area) {
    this.#area = area;
  }

  /** Whether the browser keeps anything at all. */
  get works() {
    return this.#tried((area) => area.length) !== undefined;
  }

  /** @param {string} name @returns {string | null} */
  getItem(name) {
    return this.#untaken.get(name) ?? this.#tried((area) => area.getItem(name)) ?? null;
  }

  /** @param {string} name @param {string} value */
  setItem(name, value) {
    this.#untaken.delete(name);
    const taken = this.#tried((area) => {
      area.setItem(name, value);
      return true;
    });
    if (taken) return;
    this.#untaken.set(name, value);
    this.onRefusal();
  }

  /** @param {string} name */
  removeItem(name) {
    this.#untaken.delete(name);
    this.#tried((area) => area.removeItem(name));
  }

  /** @param {string} start of the names @returns {string[]} */
  names(start) {
    const all = [...(this.#tried(Object.keys) ?? []), ...this.#untaken.keys()];
    return all.filter((name) => name.startsWith(start));
  }

  /** @template T @param {(area: Storage) => T} use @returns {T | undefined} where it threw */
  #tried(use) {
    try {
      return use(this.#area());
    } catch {
      return undefined;
    }
  }
}

export const device = new Kept(() => localStorage);
export const tab = new Kept(() => sessionStorage);
