/**
 * A conversation as a tree: an edited question and a regenerated answer are siblings of the first, and none is ever lost. Pure.
 *
 * @module
 */

/** @import { ConversationRecord, Message } from "../types.js" */

/** A title is no longer. */
export const TITLE_CHARS = 60;

/** What was taken out, what moved up in its place, and the branches as they were. @typedef {{ gone: Message[], moved: Message[], chosen: Record<string, string> }} Taken */

export class Conversation {
  /** @type {Map<string, Message>} */
  #messages = new Map();
  /** @type {Map<string, Message[]>} by the parent's id, "" for the root, oldest first */
  #children = new Map();

  /**
   * @param {ConversationRecord} record
   * @param {Message[]} [messages] in any order
   */
  constructor(record, messages = []) {
    this.record = record;
    for (const message of messages) this.#insert(message);
  }

  /** @param {string} id @param {number} now milliseconds since 1970 */
  static start(id, now) {
    const unnamed = { title: "", pinned: false, archived: false, persona: null, persona_version: null };
    return new Conversation({ id, ...unnamed, created: now, updated: now, version: 0, chosen: {} });
  }

  get id() {
    return this.record.id;
  }

  get isEmpty() {
    return this.#messages.size === 0;
  }

  /** @returns {Message[]} of all branches */
  get messages() {
    return [...this.#messages.values()];
  }

  /** @returns {Message[]} the branch that is shown, from the first message to the last */
  path() {
    const path = [];
    for (let message = this.#chosenChild(null); message; message = this.#chosenChild(message.id)) path.push(message);
    return path;
  }

  /** @param {string} id @returns {Message[]} the messages of the shown branch before this one */
  before(id) {
    const path = [];
    for (let at = this.get(id).parent; at !== null; at = this.get(at).parent) path.unshift(this.get(at));
    return path;
  }

  /** @param {string} id @returns {Message} */
  get(id) {
    const message = this.#messages.get(id);
    if (!message) throw new Error(`no message ${id}`);
    return message;
  }

  /** @param {string} id @returns {Message[]} this message and its alternatives, oldest first */
  siblings(id) {
    return this.#childrenOf(this.get(id).parent);
  }

  /** Add a message and show its branch. @param {Message} message */
  add(message) {
    this.#insert(message);
    this.choose(message.id);
    if (message.role === "user") this.record.title ||= titleOf(message);
    this.record.updated = message.created;
  }

  /** Show the branch of this message. @param {string} id */
  choose(id) {
    this.record.chosen[this.get(id).parent ?? ""] = id;
  }

  /**
   * Take in what another tab, or another device, has written. The branch that is shown here stays, and goes on where the other has gone on.
   *
   * @param {ConversationRecord} record
   * @param {Message[]} messages
   */
  merge(record, messages) {
    for (const message of messages) {
      const known = this.#messages.get(message.id);
      // A text that has grown goes on where it is shown; another one, as another message, is shown anew.
      if (known && hasGrown(known, message)) Object.assign(known, message);
      else this.#messages.set(message.id, message);
    }
    this.#arrange();
    const chosen = { ...record.chosen, ...this.record.chosen };
    const title = (record.version < this.record.version && this.record.title) || record.title;
    const updated = Math.max(record.updated, this.record.updated);
    if (record.version >= this.record.version) Object.assign(this.record, record);
    Object.assign(this.record, { chosen, title, updated });
  }

  /** @param {string} id @returns {boolean} */
  has(id) {
    return this.#messages.has(id);
  }

  /** @param {string} id @returns {boolean} whether another message follows this one */
  isFollowed(id) {
    return this.#childrenOf(id).length > 0;
  }

  /** Take out a message that nothing follows. @param {string} id */
  remove(id) {
    const { parent } = this.get(id);
    if (this.isFollowed(id)) throw new Error(`${id} has answers`);
    this.#messages.delete(id);
    this.#children.set(
      parent ?? "",
      this.#childrenOf(parent).filter((message) => message.id !== id),
    );
    if (this.record.chosen[parent ?? ""] === id) delete this.record.chosen[parent ?? ""];
  }

  /**
   * Take out a message: alone, and what followed it moves up; or, where it is one of several versions, with all that followed it.
   *
   * @param {string} id
   * @returns {Taken} to put it back
   */
  take(id) {
    const { parent } = this.get(id);
    const isVersion = this.siblings(id).length > 1;
    const gone = isVersion ? this.#withFollowing(id) : [this.get(id)];
    const moved = isVersion ? [] : this.#childrenOf(id);
    const chosen = { ...this.record.chosen };
    for (const message of moved) message.parent = parent;
    for (const message of gone) this.#messages.delete(message.id);
    delete this.record.chosen[parent ?? ""];
    if (chosen[id] && !isVersion) this.record.chosen[parent ?? ""] = chosen[id];
    this.#arrange();
    return { gone, moved, chosen };
  }

  /** @param {Taken} taken */
  putBack({ gone, moved, chosen }) {
    for (const message of gone) this.#messages.set(message.id, message);
    for (const message of moved) message.parent = gone[0]?.id ?? null;
    this.record.chosen = { ...this.record.chosen, ...chosen };
    this.#arrange();
  }

  /** @param {string} id @returns {Message[]} it comes first */
  #withFollowing(id) {
    return [this.get(id), ...this.#childrenOf(id).flatMap((child) => this.#withFollowing(child.id))];
  }

  /** Parents have changed. */
  #arrange() {
    const messages = [...this.#messages.values()].sort((a, b) => a.created - b.created);
    this.#children = Map.groupBy(messages, ({ parent }) => parent ?? "");
  }

  /** @param {Message} message */
  #insert(message) {
    // What was kept before there were pictures has none.
    message.pictures ??= [];
    this.#messages.set(message.id, message);
    const siblings = [...this.#childrenOf(message.parent), message];
    this.#children.set(
      message.parent ?? "",
      siblings.sort((a, b) => a.created - b.created),
    );
  }

  /** @param {string | null} parent @returns {Message[]} */
  #childrenOf(parent) {
    return this.#children.get(parent ?? "") ?? [];
  }

  /** @param {string | null} parent @returns {Message | undefined} the one chosen, else the newest */
  #chosenChild(parent) {
    const children = this.#childrenOf(parent);
    return children.find((message) => message.id === this.record.chosen[parent ?? ""]) ?? children.at(-1);
  }
}

/** @param {Message} question the first @returns {string} its first line, cut at a word where there is one */
export function titleOf({ content, pictures }) {
  const text = content || (pictures[0]?.name ?? "");
  const line = text.trim().split("\n", 1)[0] ?? "";
  if (line.length <= TITLE_CHARS) return line;
  const cut = line.slice(0, TITLE_CHARS);
  return `${cut.replace(/\s+\S*$/, "") || cut}…`;
}

/** @param {Message} known @param {Message} now */
function hasGrown(known, now) {
  return now.content.startsWith(known.content) && now.reasoning.startsWith(known.reasoning);
}

/**
 * @param {Pick<Message, "id" | "conversation" | "parent" | "role" | "created"> & Partial<Message>} fields
 * @returns {Message}
 */
export function newMessage(fields) {
  const empty = { content: "", pictures: [], reasoning: "", toolCalls: [], facts: null, ending: null };
  return { ...empty, usage: null, persona: null, persona_version: null, version: 0, ...fields };
}
