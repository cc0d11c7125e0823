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
/** @import { AnswerChoice, ConversationRecord, Message, Picture } from "../types.js" */

/**
 * @typedef {object} Screen
 * @property {(conversation: Conversation) => void} show the branch has changed
 * @property {(message: Message) => void} grow its text has
 * @property {() => void} writing an answer has begun or ended, in whatever conversation
 * @property {(message: Message) => void} ended in the conversation that is shown
 * @property {(id: string) => void} removed a conversation, in another tab
 */

/** An answer that is being written. @typedef {{ conversation: Conversation, message: Message, stop: AbortController, done: Promise<void> }} Pen */

export class Chat {
  conversation = Conversation.start(newId(), Date.now());
  /** @type {Map<string, Pen>} by conversation: each has its own, whichever is shown */
  #pens = new Map();
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

  /** @param {string} [id] of a conversation */
  isWriting(id = this.conversation.id) {
    return this.#pens.has(id);
  }

  /** Whether an answer is being written in a conversation that is not shown. */
  get isWritingElsewhere() {
    return [...this.#pens.keys()].some((id) => id !== this.conversation.id);
  }

  /** @param {ConversationRecord} record */
  async open(record) {
    this.#switchTo(this.#pens.get(record.id)?.conversation ?? (await this.#load(record)));
  }

  startNew() {
    this.#switchTo(Conversation.start(newId(), Date.now()));
  }

  /** @param {string} text @param {Picture[]} pictures */
  async send(text, pictures) {
    const { conversation } = this;
    const last = conversation.path().at(-1)?.id ?? null;
    const question = this.#add(conversation, "user", last, { content: text, pictures });
    await this.#answer(conversation, question.id);
  }

  /** Ask another question in place of this one, as a branch, with the same pictures. @param {string} id @param {string} text */
  async edit(id, text) {
    const conversation = await this.#interrupt();
    const { parent, pictures } = conversation.get(id);
    const question = this.#add(conversation, "user", parent, { content: text, pictures });
    await this.#answer(conversation, question.id);
  }

  /** Answer the same question once more, as a branch. @param {string} id of an answer @param {AnswerChoice} [choice] */
  async again(id, choice) {
    const conversation = await this.#interrupt();
    await this.#answer(conversation, conversation.get(id).parent, choice);
  }

  /** Try again: beside the answer where it has text, in its place where it has none. @param {string} id */
  async retry(id) {
    const conversation = await this.#interrupt();
    const failed = conversation.get(id);
    const isEmpty = failed.content === "" && failed.reasoning === "" && failed.toolCalls.length === 0;
    const goes = isEmpty && !conversation.isFollowed(id);
    if (goes) conversation.remove(id);
    await Promise.all([
      goes && this.#store?.removeMessage(failed),
      this.#answer(conversation, failed.parent, sameModel(failed, this.#settings)),
    ]);
  }

  /** Write on where the answer was cut. @param {string} id */
  async continue(id) {
    const conversation = await this.#interrupt();
    const message = conversation.get(id);
    await this.#write(conversation, message, [...conversation.before(id), message], true);
  }

  /** @param {string} [id] of a conversation */
  stop(id = this.conversation.id) {
    this.#pens.get(id)?.stop.abort();
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

  /** For good. @param {string} id of a conversation */
  async remove(id) {
    this.stop(id);
    await this.#store?.remove(id);
  }

  /** A conversation is not on this device any more. @param {string} id */
  removed(id) {
    this.stop(id);
    this.#screen.removed(id);
  }

  /** @param {ConversationRecord} record */
  async #load(record) {
    const messages = (await this.#store?.messages(record.id)) ?? [];
    await this.#findBroken(messages);
    return new Conversation(record, messages);
  }

  /** @param {Conversation} next */
  #switchTo(next) {
    // Without a store there is no way back to an answer that goes on.
    if (!this.#store) this.stop();
    this.conversation = next;
    this.#screen.show(next);
    this.#screen.writing();
  }

  /** One answer at a time: what is being written stops where something else is asked. @returns the conversation that is shown */
  async #interrupt() {
    const { conversation } = this;
    this.stop();
    await this.#pens.get(conversation.id)?.done;
    return conversation;
  }

  /** Take in what another tab has done. @param {Word} word */
  async #hear({ conversation: id, messages: ids }) {
    if (ids === "removed") return this.removed(id);
    const pen = this.#pens.get(id);
    const conversation = id === this.conversation.id ? this.conversation : pen?.conversation;
    const record = await this.#store?.conversation(id);
    const found = await Promise.all(ids.map((message) => this.#store?.message(message)));
    if (!conversation || !record) return;
    const messages = found
      .filter((message) => message !== undefined)
      .filter((message) => message.id !== pen?.message.id);
    await this.#findBroken(messages);
    conversation.merge(record, messages);
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

  /**
   * @param {Conversation} conversation
   * @param {Message["role"]} role
   * @param {string | null} parent
   * @param {Partial<Message>} fields
   */
  #add(conversation, role, parent, fields) {
    // Two messages of the same millisecond would lose their order.
    const created = Math.max(Date.now(), conversation.record.updated + 1);
    const message = newMessage({ id: newId(), conversation: conversation.id, parent, role, created, ...fields });
    conversation.add(message);
    this.#saver.touch(conversation, message);
    // Pictures are too large to be saved in the moment in which the page goes away.
    if (message.pictures.length > 0) void this.#saver.flush();
    return message;
  }

  /** @param {Conversation} conversation @param {string | null} question @param {AnswerChoice} [choice] */
  async #answer(conversation, question, { model, temperature } = this.#settings) {
    const facts = { ...newFacts(), model: model ?? this.#api.config.default_model ?? null, temperature };
    const message = this.#add(conversation, "assistant", question, { facts });
    await this.#write(conversation, message, conversation.before(message.id), false);
  }

  /** @param {Conversation} conversation @param {Message} message @param {Message[]} path @param {boolean} continuing */
  async #write(conversation, message, path, continuing) {
    const stop = new AbortController();
    this.#leaving = false;
    const model = message.facts?.model ?? null;
    const { system, token } = this.#settings;
    const { messages, ...left } = requestMessages({
      path,
      system,
      window: this.#api.windowOf(model),
      limits: this.#api.limits,
      takesPictures: this.#api.takesPictures(model),
      continuing,
    });
    message.facts = { ...(message.facts ?? newFacts()), ...left };
    message.ending = null;
    const onChange = () => {
      this.#saver.touch(conversation, message);
      this.#screen.grow(message);
    };
    const done = writeAnswer({ message, url: this.#api.chatUrl, token, messages, signal: stop.signal, onChange });
    this.#pens.set(conversation.id, { conversation, message, stop, done });
    holdPen(message.id, done);
    this.#showIfShown(conversation);
    this.#screen.writing();
    await done;
    this.#pens.delete(conversation.id);
    const { ending } = /** @type {Message} */ (message);
    if (this.#leaving && ending?.kind !== "done") message.ending = { kind: "closed", error: null };
    void this.#saver.flush(conversation);
    this.#showIfShown(conversation);
    this.#screen.writing();
    if (conversation === this.conversation) this.#screen.ended(message);
  }

  /** @param {Conversation} conversation */
  #showIfShown(conversation) {
    if (conversation === this.conversation) this.#screen.show(conversation);
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
