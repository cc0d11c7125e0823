/**
 * What the person does with the conversation: ask, stop, ask again, go on. Knows no element of the page.
 *
 * @module
 */
import { newFacts, writeAnswer } from "./answer.js";
import { askedOf } from "./asked.js";
import { requestMessages } from "./context.js";
import { titleFor } from "./title.js";
import { verdictOf } from "./verdicts.js";
import { Conversation, newMessage, titleOf } from "../kept/conversation.js";
import { newId } from "../kept/id.js";
import { holdPen, isHeld, laidDown } from "../kept/pens.js";
import { messageOut, roomOut } from "../kept/shapes.js";
import { isHidden, noteVerdict } from "../kept/verdict.js";

/** @import { Api } from "./api.js" */
/** @import { Taken } from "../kept/conversation.js" */
/** @import { Personas } from "../kept/personas.js" */
/** @import { Saver } from "../kept/saver.js" */
/** @import { Settings } from "../kept/settings.js" */
/** @import { Store, Word } from "../kept/store.js" */
/** @import { AnswerChoice, Change, ConversationRecord, Message, Persona, Picture } from "../types.js" */

/**
 * @typedef {object} Screen
 * @property {(conversation: Conversation) => void} show the branch has changed
 * @property {(message: Message) => void} grow its text has
 * @property {() => void} writing an answer has begun or ended, in whatever conversation
 * @property {(messages: Message[]) => void} several answers to one question have begun, in the conversation that is shown
 * @property {(message: Message) => void} ended in the conversation that is shown
 * @property {() => void} covered an answer of the conversation that is shown
 * @property {(id: string) => void} removed a conversation, in another tab
 * @property {(word: Word) => void} heard what another tab has done, or the sync
 */

/** After so long without growing, an answer that another device was writing counts as broken off, in milliseconds. */
const SILENT_MS = 60_000;

/** The answers that are being written to one question. @typedef {{ conversation: Conversation, messages: Message[], stop: AbortController, done: Promise<void> }} Pen */

export class Chat {
  conversation = Conversation.start(newId(), Date.now());
  /** @type {Map<string, Pen>} by conversation: each has its own, whichever is shown */
  #pens = new Map();
  #leaving = false;
  /** Whether the model was chosen by hand since the room is shown. */
  #byHand = false;
  /** @type {Set<string>} answers that other tabs are writing */
  #elsewhere = new Set();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} by the answer that another device is writing */
  #silences = new Map();
  /** @type {Set<string>} the calls of which it was asked what the guard says */
  #judged = new Set();
  #api;
  #settings;
  #store;
  #saver;
  #personas;
  #screen;

  /** @param {{ api: Api, settings: Settings, personas: Personas, store: Store | null, saver: Saver, screen: Screen }} parts */
  constructor({ api, settings, personas, store, saver, screen }) {
    this.#api = api;
    this.#settings = settings;
    this.#personas = personas;
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
    const conversation = await this.load(record);
    this.#switchTo(conversation);
    // A page that was closed may not have heard.
    for (const message of conversation.messages) if (message.ending) void this.#judge(conversation, message);
  }

  /** @param {ConversationRecord} record @returns {Promise<Conversation>} as it is now, wherever it is being written */
  async load(record) {
    const inHand = this.#inHand(record.id);
    if (inHand) return inHand;
    const messages = (await this.#store?.messages(record.id)) ?? [];
    await this.#findBroken(messages);
    return new Conversation(record, messages);
  }

  /** Of the room that is shown; null for none, or one that was deleted. */
  get persona() {
    return this.#personas.find(this.conversation.record.persona);
  }

  /** What the next question is asked with. */
  get asked() {
    return askedOf(this.#settings, this.persona, this.#byHand);
  }

  /** The model that was chosen by hand counts in the room that is shown, until another room is, or another persona. */
  modelChosen() {
    this.#byHand = true;
  }

  /** Who answers in the room that is shown, from now on. @param {Persona | null} persona */
  setPersona(persona) {
    const { conversation } = this;
    this.#byHand = false;
    Object.assign(conversation.record, { persona: persona?.id ?? null, persona_version: persona?.version ?? null });
    void this.#saver.flush(conversation);
    this.#screen.show(conversation);
  }

  startNew() {
    this.#switchTo(Conversation.start(newId(), Date.now()));
  }

  /** @param {string} text @param {Picture[]} pictures */
  async send(text, pictures) {
    const { conversation } = this;
    const last = conversation.path().at(-1)?.id ?? null;
    const question = this.#add(conversation, "user", last, { content: text, pictures });
    // Kept, and on its way, before there is anything to answer it.
    void this.#saver.flush(conversation);
    await this.#answer(conversation, question.id, this.#choices);
  }

  /** Ask another question in place of this one, as a branch, with the same pictures. @param {string} id @param {string} text */
  async edit(id, text) {
    const conversation = await this.#interrupt();
    const { parent, pictures } = conversation.get(id);
    const question = this.#add(conversation, "user", parent, { content: text, pictures });
    await this.#answer(conversation, question.id, this.#choices);
  }

  /** Answer the same question once more, as a branch. @param {string} id of an answer @param {AnswerChoice} [choice] else as is set */
  async again(id, { model, temperature } = this.asked) {
    const conversation = await this.#interrupt();
    await this.#answer(conversation, conversation.get(id).parent, [{ model, temperature }]);
  }

  /** Try again: beside the answer where it has text, in its place where it has none. @param {string} id */
  async retry(id) {
    const conversation = await this.#interrupt();
    const failed = conversation.get(id);
    const isEmpty = failed.content === "" && failed.reasoning === "" && failed.toolCalls.length === 0;
    const goes = isEmpty && !conversation.isFollowed(id);
    if (goes) conversation.remove(id);
    await Promise.all([
      goes && this.#store?.removeMessages(conversation.record, [failed]),
      this.#answer(conversation, failed.parent, [sameModel(failed, this.asked)]),
    ]);
  }

  /** Write on where the answer was cut. @param {string} id */
  async continue(id) {
    const conversation = await this.#interrupt();
    const message = conversation.get(id);
    await this.#write(conversation, [message], true);
  }

  /** @param {string} [id] of a conversation */
  stop(id = this.conversation.id) {
    this.#pens.get(id)?.stop.abort();
  }

  /** Stop all that is being written here. @returns {Promise<void>} when it has stopped */
  async stopAll() {
    await Promise.all(
      [...this.#pens.values()].map(({ stop, done }) => {
        stop.abort();
        return done;
      }),
    );
  }

  /** The page is about to be closed, which breaks off what is being written. */
  leave() {
    this.#leaving = true;
  }

  /** @returns {Change[]} what may not be at the edge when the page goes away, as it is then */
  leaving() {
    /** @type {Change[]} */
    const changes = [];
    for (const [{ record }, messages] of this.#saver.lately) {
      if (record.onlyHere) continue;
      changes.push({ kind: "room", value: roomOut(record) });
      for (const message of messages) {
        const isCut = message.role === "assistant" && message.ending === null;
        const ending = isCut ? { kind: /** @type {const} */ ("closed"), error: null } : message.ending;
        changes.push({ kind: "message", value: messageOut({ ...message, ending }) });
      }
    }
    return changes;
  }

  /** Show the branch of this message. @param {string} id */
  choose(id) {
    this.conversation.choose(id);
    void this.#saver.flush(this.conversation);
    this.#screen.show(this.conversation);
  }

  /** Delete a message of the conversation that is shown. @param {string} id @returns {Promise<Taken>} */
  async take(id) {
    const { conversation } = this;
    const taken = conversation.take(id);
    this.#screen.show(conversation);
    // What moved up first: other tabs must not miss what it followed.
    await this.#keep(conversation, taken.moved);
    await this.#store?.removeMessages(conversation.record, taken.gone);
    return taken;
  }

  /** Undo that. @param {Conversation} conversation it was taken from @param {Taken} taken */
  async putBack(conversation, taken) {
    conversation.putBack(taken);
    this.#showIfShown(conversation);
    await this.#keep(conversation, [...taken.gone, ...taken.moved]);
  }

  /** @param {Conversation} conversation @param {Message[]} messages */
  async #keep(conversation, messages) {
    for (const message of messages) this.#saver.touch(conversation, message);
    await this.#saver.flush(conversation);
  }

  /** Rename, pin or archive. @param {string} id of a conversation @param {Partial<ConversationRecord>} change */
  async change(id, change) {
    const conversation = this.#inHand(id);
    if (!conversation) return this.#store?.change(id, change);
    Object.assign(conversation.record, change);
    this.#showIfShown(conversation);
    await this.#saver.flush(conversation);
  }

  /** A conversation is not on this device any more. @param {string} id */
  removed(id) {
    this.stop(id);
    this.#screen.removed(id);
  }

  /** @param {string} id @returns {Conversation | undefined} where it is shown, or being written: what is kept may be older */
  #inHand(id) {
    return id === this.conversation.id ? this.conversation : this.#pens.get(id)?.conversation;
  }

  /** @param {Conversation} next */
  #switchTo(next) {
    // Without a store there is no way back to an answer that goes on.
    if (!this.#store) this.stop();
    this.conversation = next;
    this.#byHand = false;
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

  /** Take in what another tab has done, or the sync. @param {Word} word */
  async #hear(word) {
    this.#screen.heard(word);
    if ("personas" in word) return;
    const { conversation: id, messages: ids } = word;
    if (ids === "removed") return this.removed(id);
    const pen = this.#pens.get(id);
    const conversation = this.#inHand(id);
    const record = await this.#store?.conversation(id);
    const found = await Promise.all(ids.map((message) => this.#store?.message(message)));
    if (!conversation || !record) return;
    const messages = found
      .filter((message) => message !== undefined)
      .filter(({ id }) => !pen?.messages.some((message) => message.id === id));
    await this.#findBroken(messages);
    conversation.merge(record, messages);
    // Those that followed come last, and go first.
    for (const message of ids.filter((_, at) => !found[at]).reverse()) {
      if (conversation.has(message) && !conversation.isFollowed(message)) conversation.remove(message);
    }
    if (conversation !== this.conversation) return;
    this.#screen.show(conversation);
    for (const message of messages) this.#screen.grow(conversation.get(message.id));
  }

  /** Nobody writes on after the page was closed: mark the answers that no tab is writing. @param {Message[]} messages */
  async #findBroken(messages) {
    for (const message of messages.filter(({ role, ending }) => role === "assistant" && ending === null)) {
      const silence = SILENT_MS - (Date.now() - (message.heard ?? 0));
      const held = await isHeld(message.id);
      if (!held && silence > 0) this.#awaitGrowth(message, silence);
      else if (!held) message.ending = { kind: "closed", error: null };
      else if (!this.#elsewhere.has(message.id)) void this.#awaitEnd(message);
    }
  }

  /** Another device is writing this answer: see whether it still is, in a while. @param {Message} message @param {number} ms */
  #awaitGrowth({ id, conversation }, ms) {
    clearTimeout(this.#silences.get(id));
    this.#silences.set(
      id,
      setTimeout(() => void this.#hear({ conversation, messages: [id] }), ms),
    );
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

  /** What is asked of each question. @returns {AnswerChoice[]} */
  get #choices() {
    const { model, also, temperature } = this.asked;
    return [model, ...also].map((asked) => ({ model: asked, temperature }));
  }

  /** @param {Conversation} conversation @param {string | null} question @param {AnswerChoice[]} choices an answer for each */
  async #answer(conversation, question, choices) {
    const persona = this.#personas.find(conversation.record.persona);
    if (persona) conversation.record.persona_version = persona.version;
    const messages = choices.map(({ model, temperature }) => {
      const facts = { ...newFacts(), model: model ?? this.#api.config.default_model ?? null, temperature };
      return this.#add(conversation, "assistant", question, { facts, persona: persona?.id ?? null });
    });
    if (messages[0]) conversation.choose(messages[0].id);
    await this.#write(conversation, messages, false);
  }

  /** @param {Conversation} conversation @param {Message[]} messages @param {boolean} continuing */
  async #write(conversation, messages, continuing) {
    const stop = new AbortController();
    this.#leaving = false;
    const writing = messages.map((message) => this.#writeOne(conversation, message, stop.signal, continuing));
    const done = Promise.all(writing).then(() => {});
    this.#pens.set(conversation.id, { conversation, messages, stop, done });
    for (const { id } of messages) holdPen(id, done);
    this.#showIfShown(conversation);
    this.#screen.writing();
    const isShown = conversation === this.conversation;
    if (isShown && messages.length > 1) this.#screen.several(messages);
    await done;
    this.#pens.delete(conversation.id);
    void this.#saver.flush(conversation);
    this.#showIfShown(conversation);
    this.#screen.writing();
    if (conversation === this.conversation && messages[0]) this.#screen.ended(messages[0]);
    void this.#settle(conversation, messages);
  }

  /** What follows answers that have ended: they are judged, and one of them may name the room. @param {Conversation} conversation @param {Message[]} messages */
  async #settle(conversation, messages) {
    await Promise.all(messages.map((message) => this.#judge(conversation, message)));
    const isWhole = (/** @type {Message} */ { content, ending }) => content !== "" && ending?.kind === "done";
    const answer = messages.find((message) => isWhole(message) && !isHidden(message));
    if (answer && this.#api.config.titles) await this.#name(conversation, answer);
  }

  /** Hear what the edge's guard says of an answer, and keep it. @param {Conversation} conversation @param {Message} message */
  async #judge(conversation, message) {
    const { id, facts } = message;
    for (const request of facts?.judging ?? []) {
      if (this.#judged.has(request)) continue;
      this.#judged.add(request);
      if (this.#api.config.version === undefined) await this.#api.loadConfig();
      const ask = () => this.#api.loadVerdict(request, this.#settings.token);
      const told = this.#api.mayJudge ? await verdictOf(ask) : null;
      // It may have been left, and opened again, since.
      const shown = this.#inHand(conversation.id);
      const record = shown?.record ?? (await this.#store?.conversation(conversation.id));
      const known = shown?.has(id) ? shown.get(id) : await this.#store?.message(id);
      if (!record || !known) return;
      for (const one of new Set([message, known])) noteVerdict(one, request, told);
      if (shown) await this.#keep(shown, [known]);
      else await this.#store?.save(record, [known]).catch(() => {});
      if (shown !== this.conversation || !isHidden(known)) continue;
      this.#screen.show(shown);
      this.#screen.grow(known);
      this.#screen.covered();
    }
  }

  /** Have the model name the room by its first exchange, unless the person does. @param {Conversation} conversation @param {Message} answer */
  async #name(conversation, answer) {
    const { id, record } = conversation;
    const [question, ...more] = conversation.before(answer.id);
    if (!question || more.length > 0 || record.title !== titleOf(question)) return;
    const { token } = this.#settings;
    const { model = null } = answer.facts ?? {};
    const asked = { question: question.content, answer: answer.content, url: this.#api.chatUrl, token, model };
    const title = await titleFor(asked);
    // It may have been left, and opened again, and named, since.
    const shown = [this.#pens.get(id)?.conversation, this.conversation].find((one) => one?.id === id);
    const now = shown?.record ?? (await this.#store?.conversation(id));
    if (title === "" || now?.title !== titleOf(question)) return;
    now.title = title;
    await this.#store?.save(now, []).catch(() => {});
    if (shown) this.#showIfShown(shown);
  }

  /** @param {Conversation} conversation @param {Message} message @param {AbortSignal} signal @param {boolean} continuing */
  async #writeOne(conversation, message, signal, continuing) {
    const before = conversation.before(message.id);
    const path = continuing ? [...before, message] : before;
    const model = message.facts?.model ?? null;
    const { token } = this.#settings;
    // An answer that is continued is its persona's still, as that is now.
    const persona = this.#personas.find(message.persona);
    if (persona) message.persona_version = persona.version;
    const { system } = askedOf(this.#settings, persona);
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
    const isJudged = this.#api.mayJudge;
    await writeAnswer({ message, url: this.#api.chatUrl, token, messages, signal, isJudged, onChange });
    const { ending } = /** @type {Message} */ (message);
    if (this.#leaving && ending?.kind !== "done") message.ending = { kind: "closed", error: null };
    onChange();
    this.#showIfShown(conversation);
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
 * @param {AnswerChoice} asked
 * @returns {AnswerChoice}
 */
function sameModel(failed, asked) {
  const refused = failed.ending?.kind.startsWith("refused") ?? false;
  return {
    model: (refused ? asked.model : failed.facts?.model) ?? asked.model,
    temperature: failed.facts?.temperature ?? null,
  };
}
