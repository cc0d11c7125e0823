/**
 * What has changed on this device and is not known to be at the edge: an entry for each thing, written in the same transaction as the
 * thing itself, so that neither is ever without the other. An entry tells which version is to go out, not what is in it.
 *
 * The keys are in the order in which things go out: personas before rooms, rooms before their messages, a question before its answer, and
 * what was deleted last, an answer before its question: another device must never see a message without the one that it follows.
 *
 * @module
 */

/** @import { ConversationRecord, Entry, Message, Persona } from "../types.js" */
/** @import { IDBPTransaction } from "idb" */
/** @import { Schema } from "./store.js" */

/** What the edge refuses goes out again when it has changed, and holds nothing up until then. */
const REFUSED = "9:";
const LAST = 999_999_999_999_999;

/** @param {Pick<Persona, "id" | "version">} persona @returns {Entry} */
export function personaEntry({ id, version }) {
  return { key: `1:${id}`, kind: "persona", id, version };
}

/** @param {Pick<ConversationRecord, "id" | "version">} record @returns {Entry} */
export function roomEntry({ id, version }) {
  return { key: `2:${id}`, kind: "room", id, version };
}

/** @param {Pick<Message, "id" | "conversation" | "created" | "version">} message @returns {Entry} */
export function messageEntry({ id, conversation, created, version }) {
  return { key: `3:${conversation}:${digits(created)}:${id}`, kind: "message", id, room: conversation, version };
}

/** @param {Pick<Message, "id" | "conversation" | "created" | "version">} message that was deleted @returns {Entry} */
export function goneEntry(message) {
  const { id, conversation, created } = message;
  return { ...messageEntry(message), key: `4:${conversation}:${digits(LAST - created)}:${id}`, gone: { created } };
}

/** @param {Entry} entry @param {{ code: string, message: string }} refusal @returns {Entry} to be kept in its place */
export function refusedEntry(entry, refusal) {
  return { ...entry, key: REFUSED + entry.key, refusal };
}

/**
 * Note what is to go out, in place of whatever was noted of the same thing before.
 *
 * @param {IDBPTransaction<Schema, any, "readwrite">} tx
 * @param {Entry} entry
 * @returns {Promise<unknown>}
 */
export function note(tx, entry) {
  const outbox = tx.objectStore("outbox");
  const others = [entry.key, otherKey(entry)].flatMap((key) => [key, REFUSED + key]).filter((key) => key !== entry.key);
  return Promise.all([outbox.put(entry), ...[...new Set(others)].map((key) => outbox.delete(key))]);
}

/** Of all that may go out. */
export const WAITING = () => IDBKeyRange.upperBound(REFUSED, true);

/** Of all that the edge refused. */
export const STUCK = () => IDBKeyRange.lowerBound(REFUSED);

/** @param {string} room its id @returns {IDBKeyRange[]} of all that is noted of its messages */
export function messagesOf(room) {
  return ["3:", "4:", "9:3:", "9:4:"].map((start) => IDBKeyRange.bound(`${start}${room}:`, `${start}${room};`));
}

/** @param {Entry} entry @returns {string} where a message's deletion would be noted, and the other way round */
export function otherKey({ key, kind, id, room, gone }) {
  if (kind !== "message") return key;
  const created = gone ? gone.created : Number(key.split(":")[2]);
  const message = { id, conversation: room ?? "", created, version: 0 };
  return (gone ? messageEntry(message) : goneEntry(message)).key;
}

/** @param {number} number @returns {string} that is in order as text */
function digits(number) {
  return String(number).padStart(15, "0");
}
