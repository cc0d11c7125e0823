/**
 * Conversations on this device, in IndexedDB: each message is a record of its own, so that saving a growing answer touches no other.
 * All tabs share them, and tell each other what they have written.
 *
 * @module
 */
import { openDB } from "idb";
import { keyFor } from "./settings.js";

/** @import { ConversationRecord, Message } from "../types.js" */
/** @import { DBSchema, IDBPDatabase } from "idb" */

/**
 * @typedef {DBSchema & {
 *   conversations: { key: string, value: ConversationRecord },
 *   messages: { key: string, value: Message, indexes: { conversation: string } },
 *   removed: { key: string, value: { id: string } },
 * }} Schema
 */

/**
 * What another tab has done: removed a conversation, or written these messages of it.
 *
 * @typedef {{ conversation: string, messages: string[] | "removed" }} Word
 */

export class Store {
  #db;
  #tabs;

  /** @param {IDBPDatabase<Schema>} db @param {BroadcastChannel} tabs */
  constructor(db, tabs) {
    this.#db = db;
    this.#tabs = tabs;
  }

  /** @param {string} api its origin @returns {Promise<Store>} */
  static async open(api) {
    const name = keyFor("chats", api);
    const db = await openDB(name, 2, {
      upgrade(created, version) {
        if (version < 1) {
          created.createObjectStore("conversations", { keyPath: "id" });
          created.createObjectStore("messages", { keyPath: "id" }).createIndex("conversation", "conversation");
        }
        created.createObjectStore("removed", { keyPath: "id" });
      },
      // A newer page in another tab must not wait for this one.
      blocking: () => db.close(),
    });
    return new Store(/** @type {IDBPDatabase<Schema>} */ (/** @type {unknown} */ (db)), new BroadcastChannel(name));
  }

  /** @param {(word: Word) => void} on what other tabs tell */
  listen(on) {
    this.#tabs.onmessage = ({ data }) => on(data);
  }

  /** @returns {Promise<ConversationRecord[]>} the newest first */
  async list() {
    return (await this.#db.getAll("conversations")).sort((a, b) => b.updated - a.updated);
  }

  /** @param {string} id @returns {Promise<Message[]>} */
  messages(id) {
    return this.#db.getAllFromIndex("messages", "conversation", id);
  }

  /** @param {string} id @returns {Promise<ConversationRecord | undefined>} */
  conversation(id) {
    return this.#db.get("conversations", id);
  }

  /** @param {string} id @returns {Promise<Message | undefined>} */
  message(id) {
    return this.#db.get("messages", id);
  }

  /**
   * @param {ConversationRecord} record
   * @param {Message[]} messages those that have changed
   * @returns {Promise<boolean>} false where the conversation was removed: it does not come back
   */
  async save(record, messages) {
    const tx = this.#db.transaction(["conversations", "messages", "removed"], "readwrite");
    const done = tx.done;
    // Fails, and all else with it, where the conversation is among the removed: a read first would have to be waited for.
    const isThere = tx
      .objectStore("removed")
      .add({ id: record.id })
      .then(
        () => true,
        (error) => error.name !== "ConstraintError",
      );
    tx.objectStore("removed").delete(record.id).catch(ignore);
    tx.objectStore("conversations").put(record).catch(ignore);
    for (const message of messages) tx.objectStore("messages").put(message).catch(ignore);
    // Without this the browser would wait for the page to say that no more follows, which a page that is going away never does.
    tx.commit();
    try {
      await done;
    } catch (error) {
      if (!(await isThere)) return false;
      throw error;
    }
    this.#tell(
      record.id,
      messages.map(({ id }) => id),
    );
    return true;
  }

  /** @param {Message[]} messages of one conversation */
  async removeMessages(messages) {
    const tx = this.#db.transaction("messages", "readwrite");
    await Promise.all([...messages.map(({ id }) => tx.store.delete(id)), tx.done]);
    const [first] = messages;
    if (!first) return;
    this.#tell(
      first.conversation,
      messages.map(({ id }) => id),
    );
  }

  /** For good, in every tab. @param {string} id of a conversation */
  async remove(id) {
    const tx = this.#db.transaction(["conversations", "messages", "removed"], "readwrite");
    const keys = await tx.objectStore("messages").index("conversation").getAllKeys(id);
    await Promise.all([
      ...keys.map((key) => tx.objectStore("messages").delete(key)),
      tx.objectStore("conversations").delete(id),
      tx.objectStore("removed").put({ id }),
      tx.done,
    ]);
    this.#tell(id, "removed");
  }

  /** @param {string} conversation @param {Word["messages"]} messages */
  #tell(conversation, messages) {
    this.#tabs.postMessage(/** @type {Word} */ ({ conversation, messages }));
  }
}

/** The transaction's own promise reports what goes wrong. */
function ignore() {}
