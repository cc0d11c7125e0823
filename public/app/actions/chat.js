/**
 * What the person does with the conversation: ask, stop, ask again, go on. Knows no element of the page.
 *
 * @module
 */
import { newFacts, writeAnswer } from "./answer.js";
import { requestMessages } from "./context.js";
import { Conversation, newMessage } from "../kept/conversation.js";
import { newId } from "../kept/id.js";
import { holdPen, isHeld, laidDown } from "../kept/pens.js";

/** @import { Api } from "./api.js" */
/** @import { Saver } from "../kept/saver.js" */
/** @import { Settings } from "../kept/settings.js" */
/** @import { Store, Word } from "../kept/store.js" */
/** @import { AnswerChoice, ConversationRecord, Message } from "../types.js" */

/**
 * @typedef {object} Screen
 * @property {(conversation: Conversation) => void} show the branch has changed
 * @property {(message: Message) => void} grow its text has
 * @property {(writing: boolean) => void} writing has begun or ended
 * @property {(message: Message) => void} ended
 * @property {() => void} gone the conversation has been removed in another tab
 */

export class Chat {
  conversation = Conversation.start(newId(), Date.now());
  /** @type {AbortController | null} */
  #stop = null;
  /** @type {Message | null} */
  #message = null;
  #leaving = false;
  /** @type {Set<string>} answers that other tabs are writing */
  #elsewhere = new Set();
  #api;
  #settings;
  #store;
  #saver;
  #screen;

  /** @param {{ api: Api, settings: Settings, store: Store | null, saver: Saver, screen: Screen }} parts */
  constructor({ api, settings, store, saver, screen }) {
    this.#api = api;
    this.#settings = settings;
    this.#store = store;
    this.#saver = saver;
    this.#screen = screen;
    store?.listen((word) => void this.#hear(word));
  }

  get isWriting() {
    return this.#stop !== null;
  }

  /** @param {ConversationRecord} record */
  async open(record) {
    const messages = (await this.#store?.messages(record.id)) ?? [];
    this.#switchTo(new Conversation(record, messages));
    await this.#findBroken(messages);
    this.#screen.show(this.conversation);
  }

  startNew() {
    this.#switchTo(Conversation.start(newId(), Date.now()));
    this.#screen.show(this.conversation);
  }

  /** @param {string} text */
  send(text) {
    const question = this.#add("user", this.conversation.path().at(-1)?.id ?? null, { content: text });
    return this.#answer(question.id);
  }

  /** Ask another question in place of this one, as a branch. @param {string} id @param {string} text */
  edit(id, text) {
    const question = this.#add("user", this.conversation.get(id).parent, { content: text });
    return this.#answer(question.id);
  }

  /** Answer the same question once more, as a branch. @param {string} id of an answer @param {AnswerChoice} [choice] */
  again(id, choice) {
    return this.#answer(this.conversation.get(id).parent, choice);
  }

  /** Try again: beside the answer where it has text, in its place where it has none. @param {string} id */
  async retry(id) {
    const failed = this.conversation.get(id);
    const isEmpty = failed.content === "" && failed.reasoning === "" && failed.toolCalls.length === 0;
    if (isEmpty && !this.isWriting) {
      this.conversation.remove(id);
      await this.#store?.removeMessage(failed);
    }
    return this.#answer(failed.parent, sameModel(failed, this.#settings));
  }

  /** Write on where the answer was cut. @param {string} id */
  async continue(id) {
    const message = this.conversation.get(id);
    const path = [...this.conversation.before(id), message];
    await this.#write(message, path, true);
  }

  stop() {
    this.#stop?.abort();
  }

  /** The page is about to be closed, which breaks off what is being written. */
  leave() {
    this.#leaving = true;
  }

  /** Show the branch of this message. @param {string} id */
  choose(id) {
    this.conversation.choose(id);
    void this.#saver.flush(this.conversation);
    this.#screen.show(this.conversation);
  }

  /** The conversation is not on this device any more. @param {string} id */
  removed(id) {
    if (id !== this.conversation.id) return;
    this.stop();
    this.#screen.gone();
  }

  /** Take in what another tab has done. @param {Word} word */
  async #hear({ conversation: id, messages: ids }) {
    if (ids === "removed") return this.removed(id);
    const { conversation } = this;
    if (id !== conversation.id) return;
    const record = await this.#store?.conversation(id);
    const found = await Promise.all(ids.map((message) => this.#store?.message(message)));
    if (!record) return;
    const messages = found.filter((message) => message !== undefined);
    await this.#findBroken(messages);
    conversation.merge(
      record,
      messages.filter((message) => message.id !== this.#message?.id),
    );
    for (const [at, message] of ids.entries()) {
      if (!found[at] && conversation.has(message) && !conversation.isFollowed(message)) conversation.remove(message);
    }
    if (conversation !== this.conversation) return;
    this.#screen.show(conversation);
    for (const message of messages) this.#screen.grow(conversation.get(message.id));
  }

  /** Nobody writes on after the page was closed: mark the answers that no tab is writing. @param {Message[]} messages */
  async #findBroken(messages) {
    for (const message of messages.filter(({ role, ending }) => role === "assistant" && ending === null)) {
      if (!(await isHeld(message.id))) message.ending = { kind: "closed", error: null };
      else if (!this.#elsewhere.has(message.id)) void this.#awaitEnd(message);
    }
  }

  /** Another tab is writing this answer: see what is left when it has ended it, or itself. @param {Message} message */
  async #awaitEnd({ id, conversation }) {
    this.#elsewhere.add(id);
    await laidDown(id);
    this.#elsewhere.delete(id);
    await this.#hear({ conversation, messages: [id] });
  }

  /** @param {Conversation} next */
  #switchTo(next) {
    this.stop();
    this.conversation = next;
  }

  /**
   * @param {Message["role"]} role
   * @param {string | null} parent
   * @param {Partial<Message>} fields
   */
  #add(role, parent, fields) {
    // Two messages of the same millisecond would lose their order.
    const created = Math.max(Date.now(), this.conversation.record.updated + 1);
    const message = newMessage({
      id: newId(),
      conversation: this.conversation.id,
      parent,
      role,
      created,
      ...fields,
    });
    this.conversation.add(message);
    this.#saver.touch(this.conversation, message);
    return message;
  }

  /** @param {string | null} question @param {AnswerChoice} [choice] */
  async #answer(question, { model, temperature } = this.#settings) {
    if (question === null || this.isWriting) return;
    const facts = { ...newFacts(), model: model ?? this.#api.config.default_model ?? null, temperature };
    const message = this.#add("assistant", question, { facts });
    await this.#write(message, this.conversation.before(message.id), false);
  }

  /** @param {Message} message @param {Message[]} path @param {boolean} continuing */
  async #write(message, path, continuing) {
    if (this.isWriting) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#message = message;
    this.#leaving = false;
    const { conversation } = this;
    const window = this.#api.windowOf(message.facts?.model ?? null);
    const { system, token } = this.#settings;
    const { messages, leftOut } = requestMessages({ path, system, window, limits: this.#api.limits, continuing });
    message.facts = { ...(message.facts ?? newFacts()), leftOut };
    message.ending = null;
    this.#screen.show(conversation);
    this.#screen.writing(true);
    const onChange = () => {
      this.#saver.touch(conversation, message);
      this.#screen.grow(message);
    };
    const writing = writeAnswer({ message, url: this.#api.chatUrl, token, messages, signal: stop.signal, onChange });
    holdPen(message.id, writing);
    await writing;
    this.#stop = null;
    this.#message = null;
    const { ending } = /** @type {Message} */ (message);
    if (this.#leaving && ending?.kind !== "done") message.ending = { kind: "closed", error: null };
    void this.#saver.flush(conversation);
    if (conversation === this.conversation) this.#screen.show(conversation);
    this.#screen.writing(false);
    this.#screen.ended(message);
  }
}

/**
 * After a refusal the person may have chosen another model: that one counts. Otherwise the answer's own choice is tried again.
 *
 * @param {Message} failed
 * @param {Settings} settings
 * @returns {AnswerChoice}
 */
function sameModel(failed, settings) {
  const refused = failed.ending?.kind.startsWith("refused") ?? false;
  return {
    model: (refused ? settings.model : failed.facts?.model) ?? settings.model,
    temperature: failed.facts?.temperature ?? null,
  };
}
