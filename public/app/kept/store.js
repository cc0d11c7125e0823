/**
 * Conversations on this device, in IndexedDB: each message is a record of its own, so that saving a growing answer touches no other.
 * All tabs share them, and tell each other what they have written. What changes is noted in the outbox as it is saved (outbox.js).
 *
 * @module
 */
import { openDB } from "idb";
import { goneEntry, messageEntry, note, personaEntry, roomEntry } from "./outbox.js";
import { restorePersona, restoreRoom } from "./restore.js";
import { keyFor } from "./settings.js";
import { messageAsOfNow, recordAsOfNow } from "./shapes.js";
import { ALL, removeRoom, Synced } from "./synced.js";

/** @import { ConversationRecord, Entry, Message, Persona } from "../types.js" */
/** @import { DBSchema, IDBPDatabase } from "idb" */

/**
 * @typedef {DBSchema & {
 *   conversations: { key: string, value: ConversationRecord },
 *   messages: { key: string, value: Message, indexes: { conversation: string } },
 *   personas: { key: string, value: Persona },
 *   removed: { key: string, value: { id: string } },
 *   outbox: { key: string, value: Entry },
 *   sync: { key: string, value: any },
 * }} Schema
 */

/**
 * What another tab has done, or the sync: removed a conversation, or written these messages of it; or changed personas.
 *
 * @typedef {{ conversation: string, messages: string[] | "removed" } | { personas: string[] }} Word
 */

export class Store {
  #db;
  #tabs;
  /** @type {(word: Word) => void} */
  #hear = () => {};
  /** Called with what was saved, and whether it is only an answer that grows. @type {(isGrowth: boolean, word: Word) => void} */
  onSaved = () => {};
  /** As they were kept last: what has not changed is no new version. @type {WeakMap<ConversationRecord, string>} */
  #kept = new WeakMap();

  /** @param {IDBPDatabase<Schema>} db @param {BroadcastChannel} tabs */
  constructor(db, tabs) {
    this.#db = db;
    this.#tabs = tabs;
    this.synced = new Synced(db, (word) => {
      this.#hear(word);
      this.#tell(word);
    });
  }

  /** @param {string} api its origin @returns {Promise<Store>} */
  static async open(api) {
    const name = keyFor("chats", api);
    const db = await openDB(name, 3, {
      upgrade(created, version) {
        if (version < 1) {
          created.createObjectStore("conversations", { keyPath: "id" });
          created.createObjectStore("messages", { keyPath: "id" }).createIndex("conversation", "conversation");
        }
        if (version < 2) created.createObjectStore("removed", { keyPath: "id" });
        created.createObjectStore("personas", { keyPath: "id" });
        created.createObjectStore("outbox", { keyPath: "key" });
        created.createObjectStore("sync");
      },
      // A newer page in another tab must not wait for this one.
      blocking: () => db.close(),
    });
    return new Store(/** @type {IDBPDatabase<Schema>} */ (/** @type {unknown} */ (db)), new BroadcastChannel(name));
  }

  /** @param {(word: Word) => void} on what other tabs tell, and the sync of this one */
  listen(on) {
    this.#hear = on;
    this.#tabs.onmessage = ({ data }) => on(data);
  }

  /** @returns {Promise<ConversationRecord[]>} the newest first */
  async list() {
    const records = [];
    for await (const record of this.#all("conversations", AT_ONCE)) records.push(recordAsOfNow(record));
    return records.sort((a, b) => b.updated - a.updated);
  }

  /** @param {string} id @returns {Promise<Message[]>} */
  async messages(id) {
    return (await this.#db.getAllFromIndex("messages", "conversation", id)).map(messageAsOfNow);
  }

  /** @param {number} slice how many are read at once @returns {AsyncGenerator<Message>} of all conversations, in no order */
  allMessages(slice) {
    return this.#all("messages", slice);
  }

  /**
   * All that is kept of a kind, without holding the page up.
   *
   * @template {"conversations" | "messages"} Name
   * @param {Name} name
   * @param {number} slice how many are read at once
   * @returns {AsyncGenerator<Schema[Name]["value"]>}
   */
  async *#all(name, slice) {
    let after = "";
    for (let more = true; more; ) {
      const things = await this.#db.getAll(name, IDBKeyRange.lowerBound(after, true), slice);
      yield* things;
      more = things.length === slice;
      after = things.at(-1)?.id ?? after;
    }
  }

  /** @param {string} id @returns {Promise<ConversationRecord | undefined>} */
  async conversation(id) {
    const record = await this.#db.get("conversations", id);
    return record && this.#asOfNow(record);
  }

  /** @param {string} id @returns {Promise<Message | undefined>} */
  async message(id) {
    const message = await this.#db.get("messages", id);
    return message && messageAsOfNow(message);
  }

  /** @returns {Promise<Persona[]>} in the order in which they were made */
  async personas() {
    return (await this.#db.getAll("personas")).sort((a, b) => a.created - b.created);
  }

  /** @param {string} id @returns {Promise<Persona | undefined>} */
  persona(id) {
    return this.#db.get("personas", id);
  }

  /** @param {Persona} persona its version grows */
  async savePersona(persona) {
    persona.version += 1;
    const tx = this.#db.transaction(["personas", "outbox"], "readwrite");
    await Promise.all([tx.objectStore("personas").put(persona), note(tx, personaEntry(persona)), tx.done]);
    this.#changed({ personas: [persona.id] });
  }

  /** @param {Persona} persona */
  async removePersona(persona) {
    persona.version += 1;
    const tx = this.#db.transaction(["personas", "outbox"], "readwrite");
    const gone = { ...personaEntry(persona), gone: { created: persona.created } };
    await Promise.all([tx.objectStore("personas").delete(persona.id), note(tx, gone), tx.done]);
    this.#changed({ personas: [persona.id] });
  }

  /**
   * @param {ConversationRecord} record its version grows where it has changed
   * @param {Message[]} messages those that have changed: their versions grow
   * @returns {Promise<boolean>} false where the conversation was removed: it does not come back
   */
  async save(record, messages) {
    const hasChanged = this.#hasChanged(record);
    if (hasChanged) record.version += 1;
    for (const message of messages) message.version += 1;
    const tx = this.#db.transaction(["conversations", "messages", "removed", "outbox"], "readwrite");
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
    // Where only messages have grown, what another tab may have changed of it meanwhile stays.
    if (hasChanged) tx.objectStore("conversations").put(record).catch(ignore);
    for (const message of messages) tx.objectStore("messages").put(message).catch(ignore);
    if (!record.onlyHere) {
      if (hasChanged) note(tx, roomEntry(record)).catch(ignore);
      for (const message of messages) note(tx, messageEntry(message)).catch(ignore);
    }
    // Without this the browser would wait for the page to say that no more follows, which a page that is going away never does.
    tx.commit();
    try {
      await done;
    } catch (error) {
      this.#kept.delete(record);
      if (!(await isThere)) return false;
      throw error;
    }
    const growth = messages.length > 0 && messages.every(({ role, ending }) => role === "assistant" && ending === null);
    this.#changed({ conversation: record.id, messages: messages.map(({ id }) => id) }, growth && !hasChanged);
    return true;
  }

  /** Change what is known of a conversation that is not in hand. @param {string} id @param {Partial<ConversationRecord>} change */
  async change(id, change) {
    const record = await this.conversation(id);
    if (record) await this.save(Object.assign(record, change), []);
  }

  /** @param {ConversationRecord} record theirs @param {Message[]} messages of one conversation: their versions grow */
  async removeMessages(record, messages) {
    for (const message of messages) message.version += 1;
    const tx = this.#db.transaction(["messages", "outbox"], "readwrite");
    const deleted = messages.map(({ id }) => tx.objectStore("messages").delete(id));
    const noted = record.onlyHere ? [] : messages.map((message) => note(tx, goneEntry(message)));
    await Promise.all([...deleted, ...noted, tx.done]);
    this.#changed({ conversation: record.id, messages: messages.map(({ id }) => id) });
  }

  /** For good, in every tab and on every device. @param {string} id of a conversation */
  async remove(id) {
    const tx = this.#db.transaction([...ALL], "readwrite");
    const record = await tx.objectStore("conversations").get(id);
    await removeRoom(tx, id);
    if (record && !record.onlyHere) {
      const { created, version = 0 } = record;
      await note(tx, { ...roomEntry({ id, version: version + 1 }), gone: { created } });
    }
    await tx.done;
    this.#changed({ conversation: id, messages: "removed" });
  }

  /**
   * Take in a conversation of a file: what is newer there counts.
   *
   * @param {ConversationRecord} record
   * @param {Message[]} messages of it
   * @returns {Promise<boolean>} whether anything was
   */
  async restore(record, messages) {
    const tx = this.#db.transaction([...ALL], "readwrite");
    const { id, changed, isNew } = await restoreRoom(tx, record, messages);
    await tx.done;
    if (isNew) this.#bring({ conversation: id, messages: changed });
    return isNew;
  }

  /** Take in a persona of a file, where it is newer there. @param {Persona} persona @returns {Promise<boolean>} whether it is */
  async restorePersona(persona) {
    const tx = this.#db.transaction([...ALL], "readwrite");
    const isNew = await restorePersona(tx, persona);
    await tx.done;
    if (isNew) this.#bring({ personas: [persona.id] });
    return isNew;
  }

  /** Everything goes from this device; nothing is deleted anywhere else. */
  async clear() {
    const tx = this.#db.transaction([...ALL], "readwrite");
    const ids = await tx.objectStore("conversations").getAllKeys();
    await Promise.all([...ALL.map((name) => tx.objectStore(name).clear()), tx.done]);
    for (const conversation of ids) this.#tell({ conversation, messages: "removed" });
  }

  /** @param {ConversationRecord} record as it was read, by whatever version of the page it was written */
  #asOfNow(record) {
    const now = recordAsOfNow(record);
    this.#kept.set(now, JSON.stringify(now));
    return now;
  }

  /** @param {ConversationRecord} record @returns {boolean} whether it differs from what was kept last; from here on it does not */
  #hasChanged(record) {
    const isNew = this.#kept.get(record) !== JSON.stringify(record);
    if (isNew) this.#kept.set(record, JSON.stringify({ ...record, version: record.version + 1 }));
    return isNew;
  }

  /** Something came from elsewhere: this tab knows nothing of it either. @param {Word} word */
  #bring(word) {
    this.#hear(word);
    this.#changed(word);
  }

  /** @param {Word} word @param {boolean} [isGrowth] */
  #changed(word, isGrowth = false) {
    this.#tell(word);
    this.onSaved(isGrowth, word);
  }

  /** @param {Word} word */
  #tell(word) {
    this.#tabs.postMessage(word);
  }
}

/** So many conversations are read at once. */
const AT_ONCE = 500;

/** The transaction's own promise reports what goes wrong. */
function ignore() {}
