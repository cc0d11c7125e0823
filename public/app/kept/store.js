/**
 * Conversations on this device, in IndexedDB: each message is a record of its own, so that saving a growing answer touches no other.
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
 * }} Schema
 */

export class Store {
  /** @param {IDBPDatabase<Schema>} db */
  constructor(db) {
    this.#db = db;
  }

  #db;

  /** @param {string} api its origin @returns {Promise<Store>} */
  static async open(api) {
    const db = await openDB(keyFor("chats", api), 1, {
      upgrade(created) {
        created.createObjectStore("conversations", { keyPath: "id" });
        created.createObjectStore("messages", { keyPath: "id" }).createIndex("conversation", "conversation");
      },
    });
    return new Store(/** @type {IDBPDatabase<Schema>} */ (/** @type {unknown} */ (db)));
  }

  /** @returns {Promise<ConversationRecord[]>} the newest first */
  async list() {
    return (await this.#db.getAll("conversations")).sort((a, b) => b.updated - a.updated);
  }

  /** @param {string} id @returns {Promise<Message[]>} */
  messages(id) {
    return this.#db.getAllFromIndex("messages", "conversation", id);
  }

  /**
   * @param {ConversationRecord} record
   * @param {Message[]} messages those that have changed
   */
  async save(record, messages) {
    const tx = this.#db.transaction(["conversations", "messages"], "readwrite");
    const done = tx.done;
    tx.objectStore("conversations").put(record).catch(ignore);
    for (const message of messages) tx.objectStore("messages").put(message).catch(ignore);
    // Without this the browser would wait for the page to say that no more follows, which a page that is going away never does.
    tx.commit();
    await done;
  }

  /** @param {string} id of a message */
  async removeMessage(id) {
    await this.#db.delete("messages", id);
  }

  /** @param {string} id of a conversation */
  async remove(id) {
    const tx = this.#db.transaction(["conversations", "messages"], "readwrite");
    const keys = await tx.objectStore("messages").index("conversation").getAllKeys(id);
    await Promise.all([
      ...keys.map((key) => tx.objectStore("messages").delete(key)),
      tx.objectStore("conversations").delete(id),
      tx.done,
    ]);
  }
}

/** The transaction's own promise reports what goes wrong. */
function ignore() {}
