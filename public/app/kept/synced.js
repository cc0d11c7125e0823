/**
 * The device's side of the sync, in the database that the conversations are in: what is to go out, and what came from the edge.
 *
 * @module
 */
import { isSame, merged, mergedMessage } from "./merge.js";
import {
  messageEntry,
  messagesOf,
  note,
  otherKey,
  personaEntry,
  refusedEntry,
  roomEntry,
  STUCK,
  WAITING,
} from "./outbox.js";
import { messageIn, messageOut, personaIn, personaOut, roomIn, roomOut } from "./shapes.js";

/** @import { Change, ChangesPage, Entry, Message, Outcome, Outgoing, Portable, SyncState } from "../types.js" */
/** @import { IDBPDatabase, IDBPTransaction } from "idb" */
/** @import { Schema, Word } from "./store.js" */

/** @typedef {{ store: "conversations" | "messages" | "personas", out: (thing: any) => any, into: (value: any) => any, entry: (thing: any) => Entry }} Kind */
/** @typedef {IDBPTransaction<Schema, ("conversations" | "messages" | "personas" | "removed" | "outbox" | "sync")[], "readwrite">} Tx */

/** What goes out in one call: the edge takes 3 MB, and a character has up to three bytes. */
const BATCH = 100;
const BATCH_CHARS = 900_000;
/** Of one thing. */
const MAX_BYTES = 1_800_000;
const TOO_LARGE = { code: "value_too_large", message: "" };

/** @type {("conversations" | "messages" | "personas" | "removed" | "outbox" | "sync")[]} */
export const ALL = ["conversations", "messages", "personas", "removed", "outbox", "sync"];

/** Each kind of thing: where it is kept, and how it is named elsewhere. */
const KINDS = {
  room: { store: /** @type {const} */ ("conversations"), out: roomOut, into: roomIn, entry: roomEntry },
  message: { store: /** @type {const} */ ("messages"), out: messageOut, into: messageIn, entry: messageEntry },
  persona: { store: /** @type {const} */ ("personas"), out: personaOut, into: personaIn, entry: personaEntry },
};

/** As the edge had it when both were the same: to tell who has changed what. @param {{ id: string }} thing */
const baseKey = ({ id }) => `base:${id}`;

export class Synced {
  #began = Date.now();
  #db;
  #tell;

  /** @param {IDBPDatabase<Schema>} db @param {(word: Word) => void} tell every tab what has come */
  constructor(db, tell) {
    this.#db = db;
    this.#tell = tell;
  }

  /** @returns {Promise<number>} how far the changes of the edge are known here */
  async cursor() {
    return (await this.#db.get("sync", "state"))?.cursor ?? 0;
  }

  /** @returns {Promise<{ waiting: number, refusal: SyncState["refusal"] }>} how much is to go out, and why what can't */
  async waiting() {
    const [waiting, [stuck]] = await Promise.all([
      this.#db.count("outbox", WAITING()),
      this.#db.getAll("outbox", STUCK(), 1),
    ]);
    return { waiting, refusal: stuck?.refusal ?? null };
  }

  /** @returns {Promise<Outgoing[]>} what goes out next */
  async batch() {
    // Mostly nothing does, and what is being saved must not wait for that.
    if ((await this.#db.count("outbox", WAITING())) === 0) return [];
    const tx = this.#db.transaction(ALL, "readwrite");
    /** @type {Outgoing[]} */
    const batch = [];
    let chars = 0;
    for (const entry of await tx.objectStore("outbox").getAll(WAITING(), BATCH)) {
      const value = await readValue(tx, entry);
      const text = JSON.stringify(value ?? null);
      if (!value) await tx.objectStore("outbox").delete(entry.key);
      else if (text.length > MAX_BYTES / 3 && new Blob([text]).size > MAX_BYTES) await refuse(tx, entry, TOO_LARGE);
      else {
        chars += text.length;
        if (batch.length > 0 && chars > BATCH_CHARS) break;
        batch.push({ entry, kind: entry.kind, value });
      }
    }
    await tx.done;
    return batch;
  }

  /** Take in what has become of a batch. @param {Outgoing[]} batch @param {Outcome[]} outcomes in the same order */
  async settle(batch, outcomes) {
    const tx = this.#db.transaction(ALL, "readwrite");
    const news = new News();
    for (const [at, { entry, kind, value }] of batch.entries()) {
      const outcome = outcomes[at];
      if (!outcome) continue;
      if (outcome.error) await refuse(tx, entry, outcome.error);
      else if (outcome.stored) await acknowledge(tx, entry, kind, value);
      else {
        const theirs = /** @type {Portable} */ (outcome.value);
        // In place of a message in a room that was deleted there is what is left of the room.
        await take(tx, theirs.id === entry.room ? "room" : kind, theirs, news);
      }
    }
    await tx.done;
    news.tell(this.#tell);
  }

  /**
   * Take in what has changed at the edge.
   *
   * @param {ChangesPage} page
   * @returns {Promise<boolean>} whether it has to be read from its start: it is another's history, or was emptied
   */
  async adopt({ changes, next, owner, cleared }) {
    // What the page hears every few seconds is mostly that nothing is new.
    if (isSame({ owner, cleared, cursor: next }, await this.#db.get("sync", "state"))) return false;
    const tx = this.#db.transaction(ALL, "readwrite");
    const state = await tx.objectStore("sync").get("state");
    const news = new News();
    const isStrange = state?.owner !== owner;
    const isEmptied = !isStrange && state.cleared !== cleared;
    // What was begun a moment ago was begun with a history in mind.
    if (isStrange) await keepHere(tx, state ? Infinity : this.#began, news);
    else if (isEmptied) await forget(tx, news);
    else for (const { kind, value } of changes) await take(tx, kind, value, news);
    const again = isStrange || isEmptied;
    await tx.objectStore("sync").put({ owner, cleared, cursor: again ? 0 : next }, "state");
    await tx.done;
    news.tell(this.#tell);
    return again;
  }

  /** @returns {Promise<number>} how many conversations this device had before its history, unless the person has said that they stay here */
  async offered() {
    if (await this.#db.get("sync", "left")) return 0;
    return (await this.#db.getAll("conversations")).filter(({ onlyHere }) => onlyHere).length;
  }

  /** They stay on this device. */
  async leave() {
    await this.#db.put("sync", true, "left");
  }

  /** Take them along. */
  async takeAlong() {
    const tx = this.#db.transaction(ALL, "readwrite");
    const news = new News();
    for (const record of await tx.objectStore("conversations").getAll())
      if (record.onlyHere) await enter(tx, record, news);
    for (const persona of await tx.objectStore("personas").getAll()) {
      if (!persona.onlyHere) continue;
      const ours = { ...persona, onlyHere: false, version: persona.version || 1 };
      await Promise.all([tx.objectStore("personas").put(ours), note(tx, personaEntry(ours))]);
    }
    await tx.done;
    news.tell(this.#tell);
  }
}

/** What has come, for those who show it. */
class News {
  /** @type {Map<string, Set<string> | "removed">} */
  #rooms = new Map();
  /** @type {Set<string>} */
  #personas = new Set();

  /** @param {string} room @param {string} [message] */
  add(room, message) {
    const known = this.#rooms.get(room) ?? new Set();
    if (known !== "removed" && message) known.add(message);
    this.#rooms.set(room, known);
  }

  /** @param {string} room */
  remove(room) {
    this.#rooms.set(room, "removed");
  }

  /** @param {string} persona */
  addPersona(persona) {
    this.#personas.add(persona);
  }

  /** @param {(word: Word) => void} tell */
  tell(tell) {
    for (const [conversation, messages] of this.#rooms) {
      tell({ conversation, messages: messages === "removed" ? messages : [...messages] });
    }
    if (this.#personas.size > 0) tell({ personas: [...this.#personas] });
  }
}

/** @param {Tx} tx @param {Entry} entry @returns {Promise<Portable | undefined>} undefined where it is not there any more */
async function readValue(tx, { kind, id, room, version, gone }) {
  if (gone) return { id, ...(room ? { room } : {}), created: gone.created, version, deleted: true };
  const { store, out } = KINDS[kind];
  const thing = await tx.objectStore(store).get(id);
  // What was kept by an earlier version of the page has no number yet.
  return thing && out(/** @type {any} */ ({ ...thing, version: thing.version || 1 }));
}

/** @param {Tx} tx @param {Entry} entry @param {{ code: string, message: string }} error */
async function refuse(tx, entry, { code, message }) {
  const outbox = tx.objectStore("outbox");
  const now = await outbox.get(entry.key);
  if (now?.version !== entry.version) return;
  await Promise.all([outbox.delete(entry.key), outbox.put(refusedEntry(entry, { code, message }))]);
}

/** @param {Tx} tx @param {Entry} entry @param {Change["kind"]} kind @param {Portable} value that is at the edge now */
async function acknowledge(tx, entry, kind, value) {
  const outbox = tx.objectStore("outbox");
  const now = await outbox.get(entry.key);
  if (now?.version === entry.version) await outbox.delete(entry.key);
  if (kind !== "message" && !value.deleted) await tx.objectStore("sync").put(value, baseKey(value));
}

/** @param {Tx} tx @param {Change["kind"]} kind @param {Portable} theirs as the edge has it @param {News} news */
async function take(tx, kind, theirs, news) {
  if (kind === "room") await takeRoom(tx, theirs, news);
  else if (kind === "message") await takeMessage(tx, theirs, news);
  else await takePersona(tx, theirs, news);
}

/** @param {Tx} tx @param {any} theirs @param {News} news */
async function takeRoom(tx, theirs, news) {
  const { id } = theirs;
  if (theirs.deleted) {
    await tx.objectStore("outbox").delete(roomEntry(theirs).key);
    if (!(await tx.objectStore("conversations").get(id))) return;
    await removeRoom(tx, id);
    return news.remove(id);
  }
  if (await tx.objectStore("removed").get(id)) return;
  const mine = await tx.objectStore("conversations").get(id);
  if (mine?.onlyHere) await enter(tx, { ...mine, ...roomIn(theirs) }, news);
  else if (await takeNewer(tx, "room", mine, theirs)) news.add(id);
}

/** @param {Tx} tx @param {any} theirs @param {News} news */
async function takePersona(tx, theirs, news) {
  const mine = await tx.objectStore("personas").get(theirs.id);
  const pending = await tx.objectStore("outbox").get(personaEntry(theirs).key);
  if (pending?.gone && pending.version > theirs.version) return;
  if (!theirs.deleted) await takeNewer(tx, "persona", mine, theirs);
  else if (!pending || pending.version <= theirs.version) {
    await Promise.all([
      tx.objectStore("personas").delete(theirs.id),
      tx.objectStore("outbox").delete(personaEntry(theirs).key),
    ]);
  }
  news.addPersona(theirs.id);
}

/** @param {Tx} tx @param {any} theirs @param {News} news */
async function takeMessage(tx, theirs, news) {
  const { id, room } = theirs;
  if (await tx.objectStore("removed").get(room)) return;
  const mine = await tx.objectStore("messages").get(id);
  const entry = messageEntry({ ...theirs, conversation: room });
  const outbox = tx.objectStore("outbox");
  const deletion = await outbox.get(otherKey(entry));
  if (deletion) {
    if (deletion.version > theirs.version) return;
    await outbox.delete(deletion.key);
  }
  const hasChanged = theirs.deleted
    ? await loseMessage(tx, mine, theirs)
    : await takeNewer(tx, "message", mine, theirs);
  if (hasChanged) news.add(room, id);
}

/**
 * Deleted elsewhere. What was asked about it here meanwhile would hang in the air: then it stays, on all devices.
 *
 * @param {Tx} tx
 * @param {Message | undefined} mine
 * @param {any} theirs
 * @returns {Promise<boolean>} whether it is gone
 */
async function loseMessage(tx, mine, theirs) {
  if (!mine) return false;
  const messages = tx.objectStore("messages");
  const { key } = messageEntry(mine);
  const pending = await tx.objectStore("outbox").get(key);
  if (pending && pending.version > theirs.version) return false;
  const others = await messages.index("conversation").getAll(mine.conversation);
  if (others.some(({ parent }) => parent === mine.id)) {
    const kept = { ...mine, version: theirs.version + 1 };
    await Promise.all([messages.put(kept), note(tx, messageEntry(kept))]);
    return false;
  }
  await Promise.all([messages.delete(mine.id), tx.objectStore("outbox").delete(key)]);
  return true;
}

/**
 * Of what is here and what is at the edge, the newer; where both have changed, what was changed in each.
 *
 * @param {Tx} tx
 * @param {Change["kind"]} kind
 * @param {any} mine
 * @param {any} theirs
 * @returns {Promise<boolean>} whether what is here is another now
 */
async function takeNewer(tx, kind, mine, theirs) {
  const { store, out, into, entry: entryOf } = /** @type {Kind} */ (KINDS[kind]);
  const things = tx.objectStore(store);
  const outbox = tx.objectStore("outbox");
  const pending = mine && (await outbox.get(entryOf(mine).key));
  const base = kind === "message" ? undefined : await tx.objectStore("sync").get(baseKey(theirs));
  if (kind !== "message") await tx.objectStore("sync").put(theirs, baseKey(theirs));
  if (mine && theirs.version < (pending ? mine.version : (mine.version ?? 0) + 1)) return false;
  if (!pending) {
    await things.put(into(theirs));
    return true;
  }
  const ours = out(mine);
  if (isSame(ours, theirs)) {
    await outbox.delete(pending.key);
    return false;
  }
  const both = kind === "message" ? mergedMessage(mine, messageIn(theirs)) : into(merged(base, ours, theirs));
  await Promise.all([things.put(both), note(tx, entryOf(both))]);
  return true;
}

/**
 * Nothing of what is here is this owner's: it stays on this device, until the person says otherwise.
 *
 * @param {Tx} tx
 * @param {number} since milliseconds since 1970: what was begun later is taken along
 * @param {News} news
 */
async function keepHere(tx, since, news) {
  await Promise.all([tx.objectStore("outbox").clear(), tx.objectStore("sync").clear()]);
  for (const record of await tx.objectStore("conversations").getAll()) {
    if (record.created >= since) await enter(tx, record, news);
    else await tx.objectStore("conversations").put({ ...record, onlyHere: true });
    news.add(record.id);
  }
  for (const persona of await tx.objectStore("personas").getAll()) {
    await tx.objectStore("personas").put({ ...persona, onlyHere: true });
  }
}

/** The history was emptied: so is this device, but for what never was there, or has changed since. @param {Tx} tx @param {News} news */
async function forget(tx, news) {
  const keys = await tx.objectStore("outbox").getAllKeys();
  for (const record of await tx.objectStore("conversations").getAll()) {
    if (record.onlyHere) continue;
    const { id } = record;
    const { key } = roomEntry(record);
    const isPending = keys.some(
      (pending) => pending === key || messagesOf(id).some((range) => range.includes(pending)),
    );
    if (isPending) await enter(tx, record, news);
    else {
      await removeRoom(tx, id, { forGood: false });
      news.remove(id);
    }
  }
  for (const persona of await tx.objectStore("personas").getAll()) {
    if (persona.onlyHere || keys.includes(personaEntry(persona).key)) continue;
    await tx.objectStore("personas").delete(persona.id);
    news.addPersona(persona.id);
  }
}

/** From now on a conversation is in the history, whole. @param {Tx} tx @param {any} record @param {News} news */
async function enter(tx, record, news) {
  const ours = { ...record, onlyHere: false, version: record.version || 1 };
  await Promise.all([tx.objectStore("conversations").put(ours), note(tx, roomEntry(ours))]);
  for (const message of await tx.objectStore("messages").index("conversation").getAll(record.id)) {
    await note(tx, messageEntry({ ...message, version: message.version || 1 }));
  }
  news.add(record.id);
}

/**
 * Take a conversation out, with all that was noted of it.
 *
 * @param {Tx} tx
 * @param {string} id
 * @param {{ forGood: boolean }} [how] whether it must not come back
 */
export async function removeRoom(tx, id, { forGood } = { forGood: true }) {
  const messages = tx.objectStore("messages");
  const outbox = tx.objectStore("outbox");
  const keys = await messages.index("conversation").getAllKeys(id);
  await Promise.all([
    ...keys.map((key) => messages.delete(key)),
    ...messagesOf(id).map((range) => outbox.delete(range)),
    outbox.delete(roomEntry({ id, version: 0 }).key),
    tx.objectStore("conversations").delete(id),
    tx.objectStore("sync").delete(baseKey({ id })),
    forGood ? tx.objectStore("removed").put({ id }) : undefined,
  ]);
}
