/**
 * Takes in what comes from a file: of each thing the higher version counts, so that to take in a file twice is to take it in once.
 *
 * @module
 */
import { idFrom } from "./id.js";
import { messageEntry, note, personaEntry, roomEntry } from "./outbox.js";

/** @import { Tx } from "./synced.js" */
/** @import { ConversationRecord, Message, Persona } from "../types.js" */

/**
 * A conversation that was deleted here does not come back under its own name, which its deletion has for good, on the edge too: it
 * comes as a copy, the same each time. So does one whose messages stand in another conversation here.
 *
 * @param {Tx} tx
 * @param {ConversationRecord} record
 * @param {Message[]} messages of it
 * @returns {Promise<{ id: string, changed: string[], isNew: boolean }>} what was taken in, under which name; `isNew` where anything was
 */
export async function restoreRoom(tx, record, messages) {
  const conversations = tx.objectStore("conversations");
  const known = await Promise.all(messages.map(({ id }) => tx.objectStore("messages").get(id)));
  const isElsewhere = known.some((message) => message && message.conversation !== record.id);
  if (isElsewhere || (await tx.objectStore("removed").get(record.id))) {
    const copy = copied(record, messages);
    return restoreRoom(tx, copy.record, copy.messages);
  }
  const mine = await conversations.get(record.id);
  const newer = messages.filter(({ version }, at) => version > (known[at]?.version ?? (known[at] ? 0 : -1)));
  const isNewer = !mine || record.version > (mine.version ?? 0);
  const puts = newer.map((message) => tx.objectStore("messages").put(message));
  if (isNewer) puts.push(conversations.put({ ...record, ...(mine?.onlyHere ? { onlyHere: true } : {}) }));
  await Promise.all(puts);
  if (!mine?.onlyHere) {
    await Promise.all([
      ...(isNewer ? [note(tx, roomEntry(record))] : []),
      ...newer.map((message) => note(tx, messageEntry(message))),
    ]);
  }
  return { id: record.id, changed: newer.map(({ id }) => id), isNew: isNewer || newer.length > 0 };
}

/** @param {Tx} tx @param {Persona} persona @returns {Promise<boolean>} whether it was taken in */
export async function restorePersona(tx, persona) {
  const mine = await tx.objectStore("personas").get(persona.id);
  // One that was deleted comes back: the edge lets a higher version do so.
  const gone = await tx.objectStore("outbox").get(personaEntry(persona).key);
  const version = Math.max(persona.version, gone?.gone ? gone.version + 1 : 0);
  if (mine && persona.version <= (mine.version ?? 0)) return false;
  const ours = { ...persona, version, ...(mine?.onlyHere ? { onlyHere: true } : {}) };
  await tx.objectStore("personas").put(ours);
  if (!ours.onlyHere) await note(tx, personaEntry(ours));
  return true;
}

/** @param {ConversationRecord} record @param {Message[]} messages of it @returns {{ record: ConversationRecord, messages: Message[] }} */
function copied(record, messages) {
  const id = idFrom(`copy of ${record.id}`);
  const of = (/** @type {string} */ message) => message && idFrom(`${id}/${message}`);
  const chosen = Object.fromEntries(Object.entries(record.chosen).map(([parent, child]) => [of(parent), of(child)]));
  return {
    record: { ...record, id, chosen },
    messages: messages.map((message) => {
      const parent = message.parent === null ? null : of(message.parent);
      return { ...message, id: of(message.id), conversation: id, parent };
    }),
  };
}
