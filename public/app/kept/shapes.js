/**
 * What is kept, as the edge and exports name its parts, and as this device does. Pure.
 *
 * @module
 */

/** @import { AnswerFacts, ConversationRecord, Message, Persona, PortableMessage, PortablePersona, PortableRoom } from "../types.js" */

/** @param {ConversationRecord | PortableRoom} record @returns {PortableRoom} */
export function roomOut({ id, title, pinned, archived, persona, persona_version, chosen, created, updated, version }) {
  return { id, title, pinned, archived, persona, persona_version, chosen, created, updated, version };
}

/** @param {PortableRoom} room @returns {ConversationRecord} */
export function roomIn(room) {
  return roomOut(room);
}

/** @param {Persona | PortablePersona} persona @returns {PortablePersona} */
export function personaOut({ id, name, avatar, prompt, model, temperature, created, updated, version }) {
  return { id, name, avatar, prompt, model, temperature, created, updated, version };
}

/** @param {PortablePersona} persona @returns {Persona} */
export function personaIn(persona) {
  return personaOut(persona);
}

/** @param {Message} message @returns {PortableMessage} */
export function messageOut(message) {
  const { id, conversation, parent, role, content, pictures, reasoning, toolCalls, ending, created, version } = message;
  const { model = null, temperature = null } = message.facts ?? {};
  return {
    id,
    room: conversation,
    parent,
    role,
    content,
    pictures: pictures ?? [],
    reasoning,
    tool_calls: toolCalls,
    model,
    temperature,
    persona: message.persona ?? null,
    persona_version: message.persona_version ?? null,
    ending,
    facts: message.facts && measured(message.facts),
    usage: message.usage ?? null,
    created,
    version,
  };
}

/** What is known of an answer that nobody has measured. */
export const UNMEASURED = {
  firstTokenMs: null,
  writingMs: 0,
  reasoningMs: null,
  tokens: 0,
  tokensCounted: false,
  leftOut: 0,
};

/** @param {AnswerFacts} facts @returns {PortableMessage["facts"]} without what stands beside them there; null where that is all */
function measured({ model: _, temperature: __, ...facts }) {
  return JSON.stringify(facts) === JSON.stringify(UNMEASURED) ? null : facts;
}

/** @param {PortableMessage} message @param {number} [now] milliseconds since 1970 @returns {Message} */
export function messageIn(message, now = Date.now()) {
  const { id, room, parent, role, content, pictures, reasoning, tool_calls, ending, created, version } = message;
  const { model, temperature, persona, persona_version, usage } = message;
  const isGrowing = role === "assistant" && ending === null;
  return {
    id,
    conversation: room,
    parent,
    role,
    content,
    pictures,
    reasoning,
    toolCalls: tool_calls,
    facts: message.facts || model !== null ? { ...UNMEASURED, ...message.facts, model, temperature } : null,
    ending,
    usage,
    persona,
    persona_version,
    created,
    version,
    ...(isGrowing ? { heard: now } : {}),
  };
}

/** What was not always there. @type {Partial<ConversationRecord>} */
const UNKNOWN_OF_RECORD = { pinned: false, archived: false, persona: null, persona_version: null, version: 0 };

/** @type {Partial<Message>} */
const UNKNOWN_OF_MESSAGE = { pictures: [], usage: null, persona: null, persona_version: null, version: 0 };

/** @param {ConversationRecord} record as it was kept, by whatever version of the page @returns {ConversationRecord} */
export function recordAsOfNow(record) {
  return { ...UNKNOWN_OF_RECORD, ...record };
}

/** @param {Message} message as it was kept, by whatever version of the page @returns {Message} */
export function messageAsOfNow(message) {
  return { ...UNKNOWN_OF_MESSAGE, ...message };
}
