/**
 * Keeps a conversation on this device while it changes: a growing answer about twice a second, and at once when the page goes away.
 *
 * @module
 */

/** @import { Conversation } from "./conversation.js" */
/** @import { Store } from "./store.js" */
/** @import { Message } from "./types.js" */

const EVERY_MS = 400;

export class Saver {
  /** @type {Map<Message, Conversation>} */
  #changed = new Map();
  #timer = 0;
  #store;
  #onFailure;

  /** @param {Store | null} store null where the browser keeps nothing @param {() => void} onFailure */
  constructor(store, onFailure) {
    this.#store = store;
    this.#onFailure = onFailure;
    addEventListener("pagehide", () => void this.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.flush();
    });
  }

  /** Soon. @param {Conversation} conversation @param {Message} message */
  touch(conversation, message) {
    this.#changed.set(message, conversation);
    this.#timer ||= window.setTimeout(() => void this.flush(), EVERY_MS);
  }

  /** Now. @param {Conversation} [conversation] also when none of its messages has changed */
  async flush(conversation) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const changed = Map.groupBy(this.#changed.keys(), (message) => this.#changed.get(message));
    if (conversation && !changed.has(conversation)) changed.set(conversation, []);
    this.#changed.clear();
    for (const [owner, messages] of changed) {
      if (!owner || owner.isEmpty) continue;
      await this.#store?.save(owner.record, messages).catch(this.#onFailure);
    }
  }
}
