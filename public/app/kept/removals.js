/**
 * Removes conversations for good. What a page that goes away did not get done, the next one does.
 *
 * @module
 */
import { device } from "./device.js";

/** @import { Store } from "./store.js" */

export class Removals {
  #store;
  #names;

  /** @param {Store | null} store @param {string} key begins the names on this device for what is being removed */
  constructor(store, key) {
    this.#store = store;
    this.#names = `${key}#`;
  }

  /** @param {string} id of a conversation */
  async remove(id) {
    device.setItem(this.#names + id, "");
    await this.#store?.remove(id);
    device.removeItem(this.#names + id);
  }

  /** Do what an earlier page did not get done. */
  async recover() {
    for (const name of device.names(this.#names)) await this.remove(name.slice(this.#names.length));
  }
}
