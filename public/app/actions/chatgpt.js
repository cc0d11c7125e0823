/**
 * What ChatGPT exports (`conversations.json`), in this project's own format. Pure.
 *
 * Its messages stand in a tree as ours do, with more between them: system messages, calls of tools, what tools returned. Those are left
 * out, and counted. Answers that only they parted are one answer, and what the model thought goes with it. OpenAI documents the export's
 * existence, not its shape: each field is looked at before it is believed.
 *
 * @module
 */

import { idFrom } from "../kept/id.js";

/** @import { PortableMessage, PortableRoom } from "../types.js" */

/** A message of theirs, as far as it can be read. @typedef {{ id: string, parent: string | null, message: Record<string, any> | null }} Node */

/** The latest time that a date can have, in milliseconds since 1970 (ECMA-262). */
const LATEST = 8.64e15;

/** @param {unknown} value an item of a file @returns {boolean} whether it is a chat of ChatGPT's */
export function isChatGpt(value) {
  return isObject(value) && isObject(value.mapping);
}

/**
 * @param {Record<string, any>} chat
 * @returns {{ room: PortableRoom, messages: PortableMessage[], leftOut: number }} ids are the same each time; `leftOut` messages of tools and of the system
 */
export function fromChatGpt(chat) {
  const key = String(chat.conversation_id ?? chat.id ?? JSON.stringify(chat));
  const created = toMs(chat.create_time) ?? 0;
  const tree = new Tree(idFrom(key), created);
  const nodes = nodesOf(chat.mapping);
  tree.grow(nodes);
  const { messages, leftOut } = tree;
  const last = messages.at(-1)?.created ?? created;
  /** @type {PortableRoom} */
  const room = {
    id: idFrom(key),
    title: typeof chat.title === "string" ? chat.title.trim() : "",
    pinned: chat.is_starred === true,
    archived: chat.is_archived === true,
    persona: null,
    persona_version: null,
    chosen: tree.chosenTo(String(chat.current_node), nodes),
    created,
    updated: toMs(chat.update_time) ?? last,
    version: 1,
  };
  return { room, messages, leftOut };
}

class Tree {
  /** @type {PortableMessage[]} */
  messages = [];
  leftOut = 0;
  /** @type {Map<string, PortableMessage>} by the id of theirs */
  #byNode = new Map();
  #room;
  #created;

  /** @param {string} room @param {number} created where a message has no time of its own */
  constructor(room, created) {
    this.#room = room;
    this.#created = created;
  }

  /** @param {Map<string, Node>} nodes */
  grow(nodes) {
    const children = Map.groupBy(nodes.values(), ({ parent }) => (parent !== null && nodes.has(parent) ? parent : ""));
    /** @typedef {{ node: Node, above: PortableMessage | null, thoughts: string[], isOnly: boolean }} Step */
    /** @type {(of: string, from: Omit<Step, "node">) => Step[]} */
    const below = (of, from) => {
      const following = children.get(of) ?? [];
      return following.map((node) => ({ ...from, node, isOnly: from.isOnly && following.length === 1 })).reverse();
    };
    const steps = below("", { above: null, thoughts: [], isOnly: true });
    for (let step = steps.pop(); step; step = steps.pop()) {
      const { node, above, isOnly } = step;
      const content = contentOf(node.message);
      if (content === null) {
        if (isWordless(node.message)) steps.push(...below(node.id, step));
        else {
          const thoughts = [...step.thoughts, ...thoughtsOf(node.message)];
          if (thoughts.length === step.thoughts.length) this.leftOut++;
          steps.push(...below(node.id, { ...step, thoughts }));
        }
        continue;
      }
      const message = this.#place(node, content, step);
      steps.push(...below(node.id, { above: message, thoughts: [], isOnly: message === above ? isOnly : true }));
    }
  }

  /**
   * @param {Node} node
   * @param {string} content
   * @param {{ above: PortableMessage | null, thoughts: string[], isOnly: boolean }} step
   * @returns {PortableMessage} a new one, or the one that it goes on with
   */
  #place(node, content, { above, thoughts, isOnly }) {
    const theirs = /** @type {Record<string, any>} */ (node.message);
    const role = theirs.author.role;
    const reasoning = thoughts.join("\n\n");
    if (above && isOnly && role === "assistant" && above.role === "assistant") {
      above.content = [above.content, content].join("\n\n");
      above.reasoning = [above.reasoning, reasoning].filter(Boolean).join("\n\n");
      above.ending = endingOf(theirs);
      this.#byNode.set(node.id, above);
      return above;
    }
    /** @type {PortableMessage} */
    const message = {
      id: idFrom(`${this.#room}/${node.id}`),
      room: this.#room,
      parent: above?.id ?? null,
      role,
      content,
      pictures: [],
      reasoning,
      tool_calls: [],
      model: role === "assistant" ? textOf(theirs.metadata?.model_slug) : null,
      temperature: null,
      persona: null,
      persona_version: null,
      ending: role === "assistant" ? endingOf(theirs) : null,
      facts: null,
      usage: null,
      created: toMs(theirs.create_time) ?? (above ? above.created + 1 : this.#created),
      version: 1,
    };
    this.#byNode.set(node.id, message);
    this.messages.push(message);
    return message;
  }

  /** @param {string} current the id of their last message shown @param {Map<string, Node>} nodes @returns {Record<string, string>} */
  chosenTo(current, nodes) {
    const byId = new Map(this.messages.map((message) => [message.id, message]));
    let at = nodes.get(current);
    for (const seen = new Set(); at && !this.#byNode.has(at.id) && !seen.has(at); ) {
      seen.add(at);
      at = nodes.get(at.parent ?? "");
    }
    /** @type {Record<string, string>} */
    const chosen = {};
    let message = at && this.#byNode.get(at.id);
    while (message) {
      chosen[message.parent ?? ""] = message.id;
      message = byId.get(message.parent ?? "");
    }
    return chosen;
  }
}

/** @param {Record<string, any>} mapping @returns {Map<string, Node>} */
function nodesOf(mapping) {
  const nodes = Object.entries(mapping).filter(([, node]) => isObject(node));
  return new Map(
    nodes.map(([id, { parent, message }]) => [
      id,
      { id, parent: textOf(parent), message: isObject(message) ? message : null },
    ]),
  );
}

/** @param {Record<string, any> | null} message @returns {string | null} Markdown; null for what is no part of the talk */
function contentOf(message) {
  const role = message?.author?.role;
  if (!message || (role !== "user" && role !== "assistant") || isHidden(message)) return null;
  if ((message.recipient ?? "all") !== "all") return null;
  const { content, metadata } = message;
  const type = content?.content_type;
  if (type === "code" && content.text) return `\`\`\`${textOf(content.language) ?? ""}\n${content.text}\n\`\`\``;
  if ((type !== "text" && type !== "multimodal_text") || !Array.isArray(content.parts)) return null;
  const attached = new Map(listOf(metadata?.attachments).map(({ id, name }) => [textOf(id) ?? "", textOf(name)]));
  const parts = content.parts.flatMap((/** @type {unknown} */ part) => partOf(part, attached));
  // Files that are no pictures are named too.
  parts.unshift(...[...attached.values()].filter((name) => name !== null).map(named));
  const text = parts.join("\n\n").trim();
  return text === "" ? null : text;
}

/** @param {unknown} part @param {Map<string, string | null>} attached names by id; those of pictures are taken out @returns {string[]} */
function partOf(part, attached) {
  if (typeof part === "string") return part.trim() === "" ? [] : [part];
  if (!isObject(part)) return [];
  const said = textOf(part.text);
  if (said) return [said];
  const pointer = textOf(part.asset_pointer);
  if (!pointer) return [];
  const id = pointer.replace(/^.*\/\//, "");
  const name = attached.get(id) ?? id;
  attached.delete(id);
  return [named(name)];
}

/** The picture itself is no part of `conversations.json`. @param {string} name */
function named(name) {
  return `*${name.replace(/[*\\\s]+/g, " ")}*`;
}

/** @param {Record<string, any> | null} message @returns {string[]} */
function thoughtsOf(message) {
  const thoughts = message?.content?.content_type === "thoughts" ? listOf(message.content.thoughts) : [];
  return thoughts.flatMap(({ summary, content }) => [textOf(content) || textOf(summary) || []].flat());
}

/** Nobody would miss it. @param {Record<string, any> | null} message */
function isWordless(message) {
  if (!message || isHidden(message) || message.content?.content_type === "reasoning_recap") return true;
  const { parts, text, result, thoughts } = message.content ?? {};
  const said = [...(Array.isArray(parts) ? parts : []), text, result, ...(Array.isArray(thoughts) ? thoughts : [])];
  return said.every((part) => (typeof part === "string" ? part.trim() === "" : !isObject(part)));
}

/** @param {Record<string, any>} message */
function isHidden({ metadata }) {
  return metadata?.is_visually_hidden_from_conversation === true;
}

/** @param {Record<string, any>} message @returns {PortableMessage["ending"]} */
function endingOf({ metadata, status }) {
  const type = metadata?.finish_details?.type;
  if (type === "max_tokens") return { kind: "length", error: null };
  return { kind: type === "interrupted" || status === "in_progress" ? "stopped" : "done", error: null };
}

/** @param {unknown} seconds since 1970 @returns {number | null} milliseconds */
function toMs(seconds) {
  const ms = Math.round(Number(seconds ?? Number.NaN) * 1000);
  return ms >= 0 && ms <= LATEST ? ms : null;
}

/** @param {unknown} value @returns {value is Record<string, any>} */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {unknown} value @returns {Record<string, any>[]} */
function listOf(value) {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** @param {unknown} value @returns {string | null} */
function textOf(value) {
  return typeof value === "string" ? value : null;
}
