/**
 * What is exported, as one JSON text, and what a file has to be to be taken in. Pure.
 *
 * The shape is that of the edge's `GET /api/export`: `{"format": "ionet-edge", "format_version": 1, "personas": […], "rooms": […]}`, each room with
 * its messages. All is in the order of its time, and the members of each thing in one order, so that the same things give the same bytes.
 *
 * @module
 */
import { messageIn, messageOut, personaIn, personaOut, roomIn, roomOut } from "../kept/shapes.js";

/** @import { ConversationRecord, EndingKind, Message, Persona } from "../types.js" */

export const FORMAT = "ionet-edge";
export const FORMAT_VERSION = 1;

/** A conversation with its messages, as the device has them. @typedef {{ record: ConversationRecord, messages: Message[] }} Room */

/** What is not of the shape that it should have; the message tells where. */
export class NotPortable extends Error {}

/**
 * @param {Persona[]} personas
 * @param {AsyncIterable<Room> | Iterable<Room>} rooms the oldest first
 * @returns {AsyncGenerator<string>} the text, in pieces
 */
export async function* exported(personas, rooms) {
  const all = [...personas]
    .sort(byTime)
    .map((persona) => ({ ...numbered(personaOut(persona)), versions: [numbered(personaOut(persona))] }));
  yield `{"format":"${FORMAT}","format_version":${FORMAT_VERSION},"personas":${JSON.stringify(all)},"rooms":[`;
  let comma = "";
  for await (const { record, messages } of rooms) {
    const room = {
      ...numbered(roomOut(record)),
      messages: [...messages].sort(byTime).map((message) => numbered(messageOut(message))),
    };
    yield comma + JSON.stringify(room);
    comma = ",";
  }
  yield "]}\n";
}

/** @param {{ created: number, id: string }} a @param {{ created: number, id: string }} b the older first, for good */
export function byTime(a, b) {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}

/** What was kept by an earlier version of the page has no number yet. @template {{ version: number }} T @param {T} thing @returns {T} */
function numbered(thing) {
  return { ...thing, version: thing.version || 1 };
}

/** @param {unknown} value a room of an export @param {string} at where it stands @returns {Room} throws `NotPortable` */
export function roomFrom(value, at) {
  const room = fitted(value, ROOM, at);
  const messages = listOf(object)(/** @type {any} */ (value).messages ?? [], `${at}.messages`);
  /** @type {Message[]} */
  const found = messages.map((/** @type {any} */ message, /** @type {number} */ index) =>
    messageIn(fitted({ room: room.id, ...message }, MESSAGE, `${at}.messages[${index}]`)),
  );
  for (const { conversation } of found) if (conversation !== room.id) throw new NotPortable(`${at}.messages`);
  if (new Set(found.map(({ id }) => id)).size < found.length) throw new NotPortable(`${at}.messages`);
  return { record: roomIn(room), messages: found };
}

/** @param {unknown} value a persona of an export @param {string} at where it stands @returns {Persona} throws `NotPortable` */
export function personaFrom(value, at) {
  return personaIn(fitted(value, PERSONA, at));
}

/** Gives the value as it is kept; throws `NotPortable`. @typedef {(value: any, at: string) => any} Check */
/** How a member is checked, and what it is where it is not there; without that it has to be. @typedef {[check: Check, otherwise?: any]} Field */

/** @param {any} value @param {Record<string, Field>} fields @param {string} at @returns {any} only what is known, in the order of the fields */
function fitted(value, fields, at) {
  object(value, at);
  const members = Object.entries(fields).map(([name, field]) => {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined && field.length < 2) throw new NotPortable(`${at}.${name}`);
    return [name, given === undefined ? structuredClone(field[1]) : field[0](given, `${at}.${name}`)];
  });
  return Object.fromEntries(members);
}

/** @param {(value: any) => boolean} isRight @returns {Check} */
function being(isRight) {
  return (value, at) => {
    if (!isRight(value)) throw new NotPortable(at);
    return value;
  };
}

const UUID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** @type {Check} */
const id = (value, at) => {
  if (typeof value !== "string" || !UUID.test(value)) throw new NotPortable(at);
  return value.replaceAll("-", "").toLowerCase();
};
const text = being((value) => typeof value === "string");
const truth = being((value) => typeof value === "boolean");
const number = being((value) => typeof value === "number");
/** What a date can be, in milliseconds since 1970 (ECMA-262). */
const time = being((value) => Number.isInteger(value) && value >= 0 && value <= 8.64e15);
const version = being((value) => Number.isSafeInteger(value) && value >= 1);
const object = being((value) => typeof value === "object" && value !== null && !Array.isArray(value));

/** @param {Check} check @returns {Check} */
function orNull(check) {
  return (value, at) => (value === null ? null : check(value, at));
}

/** @param {Check} check @returns {Check} */
function listOf(check) {
  return (value, at) => {
    if (!Array.isArray(value)) throw new NotPortable(at);
    return value.map((entry, index) => check(entry, `${at}[${index}]`));
  };
}

/** @param {Record<string, Field>} fields @returns {Check} */
function having(fields) {
  return (value, at) => fitted(value, fields, at);
}

/** @type {Check} */
const chosen = (value, at) => {
  const entries = Object.entries(object(value, at));
  return Object.fromEntries(entries.map(([parent, child]) => [parent && id(parent, at), id(child, `${at}.${parent}`)]));
};

/** Those that are known have to be what they are called. @type {Check} */
const facts = (value, at) => {
  for (const [name, fact] of Object.entries(object(value, at))) FACTS.get(name)?.(fact, `${at}.${name}`);
  return value;
};

/** @type {Map<string, Check>} */
const FACTS = new Map([
  ["firstTokenMs", orNull(number)],
  ["writingMs", number],
  ["reasoningMs", orNull(number)],
  ["tokens", number],
  ["tokensCounted", truth],
  ["leftOut", number],
  ["picturesLeftOut", orNull(being((value) => value?.why === "model" || value?.why === "room"))],
]);

/** @type {Set<EndingKind>} */
const KINDS = new Set([
  "done",
  "stopped",
  "length",
  "filtered",
  "interrupted",
  "closed",
  "failed",
  "refused-edge",
  "refused-upstream",
  "unreachable",
  "unsent",
]);

/** Only pictures in the file itself: another address would be asked for as soon as the conversation is seen. */
const picture = being((value) => typeof value === "string" && value.startsWith("data:image/"));

/** @type {Record<string, Field>} */
const OWN = { persona: [orNull(id), null], persona_version: [orNull(version), null] };
/** @type {Record<string, Field>} */
const DATES = { created: [time], updated: [time], version: [version] };

/** @type {Record<string, Field>} */
const PERSONA = {
  id: [id],
  name: [text],
  avatar: [text, ""],
  prompt: [text],
  model: [orNull(text), null],
  temperature: [orNull(number), null],
  ...DATES,
};

/** @type {Record<string, Field>} */
const ROOM = {
  id: [id],
  title: [text],
  pinned: [truth, false],
  archived: [truth, false],
  ...OWN,
  chosen: [chosen, {}],
  ...DATES,
};

/** @type {Record<string, Field>} */
const MESSAGE = {
  id: [id],
  room: [id],
  parent: [orNull(id), null],
  role: [being((value) => value === "user" || value === "assistant")],
  content: [text],
  pictures: [listOf(having({ name: [text, ""], url: [picture], width: [number, 0], height: [number, 0] })), []],
  reasoning: [text, ""],
  tool_calls: [listOf(having({ name: [text, ""], arguments: [text, ""] })), []],
  model: [orNull(text), null],
  temperature: [orNull(number), null],
  ...OWN,
  ending: [orNull(having({ kind: [being((value) => KINDS.has(value))], error: [orNull(object), null] })), null],
  facts: [orNull(facts), null],
  usage: [orNull(object), null],
  created: [time],
  version: [version],
};
