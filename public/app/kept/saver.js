/**
 * Keeps a conversation on this device while it changes: a growing answer about twice a second, and at once when the page goes away.
 *
 * A page that goes away can't wait for the database. What is not known to be there by then is put where writing takes no time, and
 * brought home by the next page.
 *
 * @module
 */
import { device } from "./device.js";
import { newId } from "./id.js";
import { messageAsOfNow, recordAsOfNow } from "./shapes.js";

/** @import { Conversation } from "./conversation.js" */
/** @import { Store } from "./store.js" */
/** @import { ConversationRecord, Message } from "../types.js" */

const EVERY_MS = 400;
/** What was saved longer ago than this has been sent by now, if it can be. */
const LATELY_MS = 10_000;

/** @typedef {{ record: ConversationRecord, messages: Message[] }[]} Rescued */

export class Saver {
  /** @type {Map<Message, Conversation>} */
  #changed = new Map();
  /** @type {Map<Message, Conversation>} handed to the database, which has not said yet that it has them */
  #underway = new Map();
  /** When they were touched last. @type {Map<Message, { conversation: Conversation, at: number }>} */
  #touched = new Map();
  #timer = 0;
  #store;
  #rescues;
  #rescue = "";
  #on;

  /**
   * @param {Store | null} store null where the browser keeps nothing
   * @param {string} rescueKey begins the names on this device for what the database did not get in time, one for each tab
   * @param {{ failed: () => void, removed: (id: string) => void }} on `removed`: a conversation that was to be saved is gone
   */
  constructor(store, rescueKey, on) {
    this.#store = store;
    this.#rescues = `${rescueKey}#`;
    this.#on = on;
    addEventListener("pagehide", () => {
      this.#leaveBehind();
      void this.flush();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.flush();
    });
  }

  /** Bring home what earlier pages left behind. */
  async recover() {
    for (const name of device.names(this.#rescues)) {
      for (const { record, messages } of parsed(device.getItem(name))) {
        for (const message of messages) message.pictures = (await this.#kept(message))?.pictures ?? [];
        await this.#save(recordAsOfNow(record), messages.map(messageAsOfNow));
      }
      device.removeItem(name);
    }
  }

  /** Soon. @param {Conversation} conversation @param {Message} message */
  touch(conversation, message) {
    this.#changed.set(message, conversation);
    this.#touched.set(message, { conversation, at: Date.now() });
    this.#timer ||= window.setTimeout(() => void this.flush(), EVERY_MS);
  }

  /** @returns {Map<Conversation, Message[]>} what has changed within the last seconds */
  get lately() {
    const recent = new Map();
    for (const [message, { conversation, at }] of this.#touched) {
      if (Date.now() - at > LATELY_MS) this.#touched.delete(message);
      else recent.set(message, conversation);
    }
    return byConversation(recent);
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
      if (!owner.isEmpty) await this.#save(owner.record, messages);
      for (const message of messages) this.#underway.delete(message);
    }
    // What another call has underway may still be lost.
    if (this.#underway.size > 0) return;
    // The page is still here after all, and would be older there than in the database.
    if (this.#rescue) device.removeItem(this.#rescue);
    this.#rescue = "";
  }

  /** @param {ConversationRecord} record @param {Message[]} messages */
  async #save(record, messages) {
    try {
      if ((await this.#store?.save(record, messages)) === false) this.#on.removed(record.id);
    } catch {
      this.#on.failed();
    }
  }

  /** @param {Message} message @returns {Promise<Message | undefined>} as the database has it */
  async #kept({ id }) {
    return await this.#store?.message(id).catch(() => undefined);
  }

  #leaveBehind() {
    const unsaved = byConversation(new Map([...this.#underway, ...this.#changed]));
    if (unsaved.size === 0) return;
    // There is no room for pictures. A question is handed to the database at once, with them.
    const rescued = [...unsaved].map(([{ record }, messages]) => ({
      record,
      messages: messages.map((message) => ({ ...message, pictures: [] })),
    }));
    // Where there is no room, the database may still be quick enough.
    this.#rescue = this.#rescues + newId();
    device.setItem(this.#rescue, JSON.stringify(rescued));
  }
}

/** @param {string | null} text @returns {Rescued} */
function parsed(text) {
  try {
    return JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
}

/** @param {Map<Message, Conversation>} messages @returns {Map<Conversation, Message[]>} */
function byConversation(messages) {
  return Map.groupBy(messages.keys(), (message) => /** @type {Conversation} */ (messages.get(message)));
}
