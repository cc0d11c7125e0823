/**
 * Keeps a conversation on this device while it changes: a growing answer about twice a second, and at once when the page goes away.
 *
 * A page that goes away can't wait for the database. What is not known to be there by then is put where writing takes no time, and
 * brought home by the next page.
 *
 * @module
 */

/** @import { Conversation } from "./conversation.js" */
/** @import { Store } from "./store.js" */
/** @import { ConversationRecord, Message } from "../types.js" */

const EVERY_MS = 400;

/** @typedef {{ record: ConversationRecord, messages: Message[] }[]} Rescued */

export class Saver {
  /** @type {Map<Message, Conversation>} */
  #changed = new Map();
  /** @type {Map<Message, Conversation>} handed to the database, which has not said yet that it has them */
  #underway = new Map();
  #timer = 0;
  #store;
  #rescueKey;
  #onFailure;

  /**
   * @param {Store | null} store null where the browser keeps nothing
   * @param {string} rescueKey the name in localStorage for what the database did not get in time
   * @param {() => void} onFailure
   */
  constructor(store, rescueKey, onFailure) {
    this.#store = store;
    this.#rescueKey = rescueKey;
    this.#onFailure = onFailure;
    addEventListener("pagehide", () => {
      this.#rescue();
      void this.flush();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.flush();
    });
  }

  /** Bring home what an earlier page left behind. */
  async recover() {
    const text = localStorage.getItem(this.#rescueKey);
    if (text === null) return;
    /** @type {Rescued} */
    const rescued = JSON.parse(text);
    for (const { record, messages } of rescued) await this.#store?.save(record, messages).catch(this.#onFailure);
    localStorage.removeItem(this.#rescueKey);
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
    const changed = byConversation(this.#changed);
    if (conversation && !changed.has(conversation)) changed.set(conversation, []);
    for (const [message, owner] of this.#changed) this.#underway.set(message, owner);
    this.#changed.clear();
    for (const [owner, messages] of changed) {
      if (!owner.isEmpty) await this.#store?.save(owner.record, messages).catch(this.#onFailure);
      for (const message of messages) this.#underway.delete(message);
    }
  }

  #rescue() {
    const unsaved = byConversation(new Map([...this.#underway, ...this.#changed]));
    if (unsaved.size === 0) return;
    const rescued = [...unsaved].map(([{ record }, messages]) => ({ record, messages }));
    try {
      localStorage.setItem(this.#rescueKey, JSON.stringify(rescued));
    } catch {
      // Full, or forbidden: the database may still be quick enough.
    }
  }
}

/** @param {Map<Message, Conversation>} messages @returns {Map<Conversation, Message[]>} */
function byConversation(messages) {
  return Map.groupBy(messages.keys(), (message) => /** @type {Conversation} */ (messages.get(message)));
}
