/**
 * Takes what is on this device elsewhere, and takes in what comes from there.
 *
 * A file is read twice: first to see whether all of it is right, so that one that is not changes nothing; then to take it in, one
 * conversation at a time, so that what was taken in stays should the device run full.
 *
 * @module
 */
import { Conversation } from "../kept/conversation.js";
import { pauses } from "../kept/pauses.js";
import { messageIn, roomIn } from "../kept/shapes.js";
import { fromChatGpt, isChatGpt } from "./chatgpt.js";
import { toMarkdown } from "./export.js";
import { jsonItems, NotJson } from "./json-items.js";
import { byTime, exported, FORMAT, FORMAT_VERSION, NotPortable, personaFrom, roomFrom } from "./portable.js";
import { entriesOf, isZip, NotZip, unpacked } from "./zip.js";

/** @import { Room } from "./portable.js" */
/** @import { Store } from "../kept/store.js" */
/** @import { Persona } from "../types.js" */

/** ChatGPT's, in whatever folder; where there are many chats, in several files. */
const CONVERSATIONS = /(?:^|\/)conversations(?:-\d+)?\.json$/;

/** Why a file was not taken in: `key` names the text that says so. */
export class NotTaken extends Error {
  /** @param {"import.unreadable" | "import.unknown" | "import.newer" | "import.wrong" | "import.zip" | "import.full"} key @param {Record<string, string | number>} [values] */
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

/** How far it is, in chats. @typedef {{ done: number, of: number | null }} Progress */
/** @typedef {{ rooms: number, newRooms: number, personas: number, leftOut: number }} Taken `newRooms`: those that had anything new */
/** What a file holds. @typedef {{ room: Room, leftOut: number } | { persona: Persona }} Thing */

/** @param {Store} store @param {(progress: Progress) => void} on @returns {Promise<Blob>} JSON: everything on this device */
export async function exportJson(store, on) {
  return blobOf(exported(await store.personas(), rooms(store, on)), "application/json");
}

/**
 * @param {Store} store
 * @param {{ user: string, assistant: string, covered: string }} names as `toMarkdown` takes them
 * @param {(progress: Progress) => void} on
 * @returns {Promise<Blob>} Markdown: the shown branch of every conversation, each below a heading
 */
export async function exportMarkdown(store, names, on) {
  return blobOf(texts(), "text/markdown");
  async function* texts() {
    let between = "";
    for await (const { record, messages } of rooms(store, on)) {
      yield between + toMarkdown(new Conversation(record, messages), names);
      between = "\n---\n\n";
    }
  }
}

/**
 * @param {Blob} file an export of this page's, or of ChatGPT's: its .zip, or `conversations.json` out of it
 * @param {Pick<Store, "restore" | "restorePersona">} store
 * @param {(progress: Progress) => void} on
 * @returns {Promise<Taken>} rejects with `NotTaken`
 */
export async function importFile(file, store, on) {
  const sources = await read(() => sourcesOf(file));
  const pause = pauses();
  let of = 0;
  await read(async () => {
    for await (const thing of thingsOf(sources)) {
      if ("room" in thing) on({ done: ++of, of: null });
      await pause();
    }
  });
  const taken = { rooms: 0, newRooms: 0, personas: 0, leftOut: 0 };
  try {
    for await (const thing of thingsOf(sources)) {
      if ("persona" in thing) {
        await store.restorePersona(thing.persona);
        taken.personas++;
        continue;
      }
      const { record, messages } = thing.room;
      if (await store.restore(record, messages)) taken.newRooms++;
      taken.leftOut += thing.leftOut;
      on({ done: ++taken.rooms, of });
      await pause();
    }
  } catch {
    throw new NotTaken("import.full", { count: taken.rooms, of });
  }
  return taken;
}

/** @template T @param {() => Promise<T>} reading @returns {Promise<T>} rejects with `NotTaken` */
async function read(reading) {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof NotTaken) throw error;
    if (error instanceof NotPortable) throw new NotTaken("import.wrong", { where: error.message });
    if (error instanceof NotZip) throw new NotTaken("import.zip");
    // A file that has changed or gone is the browser's own error.
    if (error instanceof NotJson || error instanceof DOMException) throw new NotTaken("import.unreadable");
    throw error;
  }
}

/** @param {Blob} file @returns {Promise<(() => Promise<ReadableStream<Uint8Array>>)[]>} each JSON text in it, to be read as often as wanted */
async function sourcesOf(file) {
  if (!(await isZip(file))) return [async () => file.stream()];
  const entries = (await entriesOf(file)).filter(({ name }) => CONVERSATIONS.test(name));
  if (entries.length === 0) throw new NotTaken("import.zip");
  return entries.map((entry) => () => unpacked(file, entry));
}

/** @param {(() => Promise<ReadableStream<Uint8Array>>)[]} sources @returns {AsyncGenerator<Thing>} */
async function* thingsOf(sources) {
  for (const source of sources) yield* thingsIn(await source());
}

/** @param {ReadableStream<Uint8Array>} bytes @returns {AsyncGenerator<Thing>} throws `NotTaken`, `NotPortable`, `NotJson` */
async function* thingsIn(bytes) {
  /** @type {ReadableWritablePair<string, any>} */
  const decoder = new TextDecoderStream("utf-8", { fatal: true });
  const text = bytes.pipeThrough(decoder);
  /** @type {Record<string, number>} */
  const counts = {};
  let format = null;
  let isTheirs = false;
  for await (const { key, value } of jsonItems(chunksOf(text))) {
    const at = counts[key ?? ""] ?? 0;
    counts[key ?? ""] = at + 1;
    if (key === null) {
      if (!isChatGpt(value)) throw new NotTaken("import.unknown");
      isTheirs = true;
      const { room, messages, leftOut } = fromChatGpt(/** @type {any} */ (value));
      if (messages.length === 0) continue;
      yield { room: { record: roomIn(room), messages: messages.map((message) => messageIn(message)) }, leftOut };
    } else if (key === "format") format = value;
    else if (key === "format_version" && Number(value) > FORMAT_VERSION) throw new NotTaken("import.newer");
    else if (key === "personas") yield { persona: personaFrom(value, `personas[${at}]`) };
    else if (key === "rooms") yield { room: roomFrom(value, `rooms[${at}]`), leftOut: 0 };
  }
  if (!isTheirs && format !== FORMAT) throw new NotTaken("import.unknown");
}

/** Not every browser's streams can be iterated. Throws `NotJson` where it is no UTF-8, packed wrongly, or gone. @template T @param {ReadableStream<T>} stream @returns {AsyncGenerator<T>} */
async function* chunksOf(stream) {
  const reader = stream.getReader();
  const read = () =>
    reader.read().catch((error) => {
      throw new NotJson(String(error));
    });
  try {
    for (let next = await read(); !next.done; next = await read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** @param {Store} store @param {(progress: Progress) => void} on @returns {AsyncGenerator<Room>} */
async function* rooms(store, on) {
  const pause = pauses();
  const records = (await store.list()).sort(byTime);
  for (const [at, record] of records.entries()) {
    yield { record, messages: await store.messages(record.id) };
    on({ done: at + 1, of: records.length });
    await pause();
  }
}

/** In parts: a string has no room for everything. @param {AsyncIterable<string>} texts @param {string} type @returns {Promise<Blob>} */
async function blobOf(texts, type) {
  /** @type {Blob[]} */
  const parts = [];
  for await (const text of texts) parts.push(new Blob([text]));
  return new Blob(parts, { type });
}
