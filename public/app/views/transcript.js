/**
 * The messages on the page: those of the shown branch, each kept as long as it is part of it.
 *
 * @module
 */
import { MessageView } from "./message-view.js";
import { Painter } from "../elements/painter.js";

/** @import { Conversation } from "../kept/conversation.js" */
/** @import { Handlers } from "./message-view.js" */
/** @import { Message } from "../types.js" */

export class Transcript {
  /** @type {Map<string, MessageView>} */
  #views = new Map();
  #root;
  #handlers;
  #painter;

  /** @param {HTMLElement} root @param {Handlers} handlers @param {() => void} onPainted */
  constructor(root, handlers, onPainted) {
    this.#root = root;
    this.#handlers = handlers;
    this.#painter = new Painter(onPainted);
  }

  /** Show the conversation's branch. @param {Conversation} conversation */
  show(conversation) {
    const path = conversation.path();
    const focused = [...this.#views.values()].find((view) => view.focused !== null);
    const key = focused?.focused ?? "";
    const kept = new Set(path.map(({ id }) => id));
    for (const [id, view] of this.#views) {
      // Another conversation may hold a message of the same id after a reload: the object decides.
      if (kept.has(id) && conversation.get(id) === view.message) continue;
      view.drop();
      this.#painter.drop(view);
      this.#views.delete(id);
    }
    for (const [at, message] of path.entries()) {
      const view = this.#views.get(message.id) ?? this.#add(message);
      const there = this.#root.children[at] ?? null;
      if (there !== view.element) this.#root.insertBefore(view.element, there);
      if (view.refresh(conversation.siblings(message.id))) this.#painter.add(view);
    }
    if (focused && !focused.element.isConnected) this.#passFocus(focused.message, key, path);
  }

  /** The version that is shown in its place takes the focus. @param {Message} gone @param {string} key @param {Message[]} path */
  #passFocus({ conversation, parent }, key, path) {
    const shown = path.find((message) => message.conversation === conversation && message.parent === parent);
    const view = this.#views.get(shown?.id ?? "");
    if (view) view.focus(key);
    else this.#handlers.unfocused();
  }

  /** @param {string} id of a message that is shown @returns {HTMLElement} what stands below its text */
  foot(id) {
    const view = this.#views.get(id);
    if (!view) throw new Error(`${id} is not shown`);
    return view.foot;
  }

  /** The text of this message has grown. @param {Message} message */
  grow(message) {
    const view = this.#views.get(message.id);
    if (view) this.#painter.add(view);
  }

  /** @param {Message} message */
  #add(message) {
    const view = new MessageView(message, this.#handlers);
    this.#views.set(message.id, view);
    return view;
  }
}
