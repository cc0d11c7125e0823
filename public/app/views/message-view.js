/**
 * A message on the page: what the person wrote, or an answer with all that is known of it.
 *
 * @module
 */
import { copyFrom, h, iconButton } from "../elements/dom.js";
import { noticeOf } from "../actions/endings.js";
import { facts, leftOutText, reasoningTitle } from "./facts.js";
import { GrowingText } from "../elements/growing-text.js";
import { currentLanguage, formatDate, formatWhen, t } from "../elements/i18n.js";
import { isHidden } from "../kept/verdict.js";
import { AnswerText } from "./answer-text.js";
import { Cover } from "./cover.js";
import { notice } from "./notice-view.js";
import { pictureList } from "./pictures.js";
import { Silence } from "./silence.js";

/** @import { Notice } from "../actions/endings.js" */
/** @import { Message } from "../types.js" */

/** So much of a question, or of the reasoning, is shown in one step, in characters. */
const STEP_CHARS = 20_000;

/** A question from this length on is as wide as it may be, and laid out only where it is near the screen. In characters. */
const LONG_CHARS = 10_000;

/**
 * What a message can be asked for.
 *
 * @typedef {object} Handlers
 * @property {(id: string, text: string) => void} edit
 * @property {(id: string) => void} again as is set
 * @property {(id: string) => void} otherwise with another model or temperature
 * @property {(id: string) => void} retry
 * @property {(id: string) => void} continue
 * @property {() => void} settings
 * @property {() => void} models
 * @property {(id: string, shown: string) => void} choose a version in place of the one that is shown
 * @property {(id: string) => void} compare
 * @property {(id: string) => void} remove
 * @property {(message: Message) => string} signature whose answer it is, empty for nobody's
 * @property {() => void} copied
 * @property {() => void} unfocused what had the focus is gone
 */

export class MessageView {
  #handlers;
  #heading = h("h2", { class: "visually-hidden" });
  #leftOut = h("p", { class: "left-out", hidden: true });
  #reasoningTitle = h("span");
  #reasoningText = h("div", { class: "reasoning-text", dir: "auto" });
  #reasoning = h(
    "details",
    { class: "reasoning", hidden: true },
    h("summary", {}, this.#reasoningTitle),
    this.#reasoningText,
  );
  #cover = new Cover(() => this.#showAround());
  #prose = h("div", { class: "prose" });
  #tools = h("div", { class: "tools" });
  #silence = new Silence();
  #notice = h("div");
  #actions = h("div", { class: "actions" });
  #facts = h("p", { class: "facts" });
  #time = h("time", { class: "when" });
  foot = h("footer", { class: "foot" }, this.#actions);
  /** @type {Message[]} */
  #siblings = [];
  #shown = "";
  #stale = false;
  #finished = false;
  /** @type {{ title: HTMLElement, text: GrowingText }[]} */
  #calls = [];
  #text = new AnswerText(this.#prose);
  #asked = new GrowingText(this.#prose);
  #thoughts = new GrowingText(this.#reasoningText);

  /** @param {Message} message @param {Handlers} handlers */
  constructor(message, handlers) {
    this.message = message;
    this.#handlers = handlers;
    this.#heading.textContent = nameOf(message);
    this.element = h("article", { class: "message", "data-id": message.id }, this.#heading);
    if (message.role === "user") {
      this.element.classList.add("question");
      this.#prose.classList.toggle("long", message.content.length > LONG_CHARS);
      this.foot.append(this.#time);
      this.#showText();
      this.element.append(pictureList(message.pictures), this.#prose, this.foot);
    } else {
      this.element.classList.add("answer");
      this.foot.append(this.#facts, this.#time);
      this.element.append(
        this.#leftOut,
        this.#cover.element,
        this.#reasoning,
        this.#prose,
        this.#tools,
        this.#silence.element,
        this.#notice,
        this.foot,
      );
    }
  }

  /**
   * Note that state, branches or language may have changed; the next step shows it.
   *
   * @param {Message[]} siblings
   * @returns {boolean} whether they have
   */
  refresh(siblings) {
    const { message } = this;
    const at = siblings.indexOf(message);
    const by = this.#handlers.signature(message);
    const shown = [
      currentLanguage(),
      at,
      siblings.length,
      message.ending?.kind,
      message.facts?.leftOut,
      by,
      isHidden(message),
    ].join();
    if (shown === this.#shown) return false;
    this.#shown = shown;
    this.#siblings = siblings;
    this.#stale = true;
    return true;
  }

  /** The button that has the focus, by its key; null where none has it. @returns {string | null} */
  get focused() {
    const { activeElement } = document;
    return this.element.contains(activeElement) ? (activeElement?.getAttribute("data-i18n-label") ?? "") : null;
  }

  /** Give the focus to this button, or to the one beside it where it can't be pressed. @param {string} key */
  focus(key) {
    if (this.#stale) this.#showAround();
    const button = [...this.#actions.querySelectorAll("button")].find(({ dataset }) => dataset.i18nLabel === key);
    const pressable = button?.disabled ? button.parentElement?.querySelector("button:enabled") : button;
    if (pressable instanceof HTMLElement) pressable.focus({ preventScroll: true });
    else this.#handlers.unfocused();
  }

  /** Show what is around the text anew. */
  #showAround() {
    const { message, focused } = this;
    this.#stale = false;
    this.#heading.textContent = nameOf(message);
    this.#time.dateTime = new Date(message.created).toISOString();
    this.#time.title = formatDate(message.created);
    this.#time.textContent = formatWhen(message.created);
    this.#cover.show(message);
    this.#showText();
    this.#actions.replaceChildren(...this.#buttons());
    this.#leftOut.textContent = leftOutText(message);
    this.#leftOut.hidden = this.#leftOut.textContent === "";
    const said = noticeOf(message);
    this.#notice.replaceChildren(...(said ? [notice(said, (action) => this.#act(action))] : []));
    // An answer that is continued is shown from its beginning: its last block is open again.
    if (this.#finished && message.role === "assistant" && message.ending === null) this.#restart();
    if (focused !== null && this.focused === null) this.focus(focused);
  }

  /** Show what the model has written, or leave it covered. */
  #showText() {
    const { message } = this;
    const { isClosed } = this.#cover;
    const parts = [this.#reasoning, this.#prose, this.#tools];
    const hadFocus = parts.some((part) => part.contains(document.activeElement));
    this.#reasoning.hidden = isClosed || message.reasoning === "";
    this.#prose.hidden = isClosed || (message.role === "user" && message.content === "");
    this.#tools.hidden = isClosed;
    if (isClosed && hadFocus) this.#cover.element.focus();
  }

  /** @returns {boolean} whether there is more to show */
  step() {
    const { message } = this;
    if (this.#stale) this.#showAround();
    if (message.role === "user") return this.#grow(this.#asked, message.content);
    const ended = message.ending !== null;
    const moreThoughts = this.#grow(this.#thoughts, message.reasoning);
    const moreCalls = this.#growCalls();
    const more = this.#text.step(message.content, ended) || moreThoughts || moreCalls;
    this.#finished = ended && !more;
    this.#state();
    return more;
  }

  /** @param {GrowingText} shown @param {string} text @returns {boolean} whether there is more to show */
  #grow(shown, text) {
    shown.append(text.slice(shown.length, shown.length + STEP_CHARS));
    return shown.length < text.length;
  }

  #state() {
    const { message } = this;
    const live = message.ending === null;
    const state = live ? (message.content === "" ? "waiting" : "writing") : "ended";
    if (this.element.dataset.state !== state) this.element.dataset.state = state;
    this.#silence.look(live, message.content.length + message.reasoning.length + message.toolCalls.length);
    this.#showText();
    this.#reasoningTitle.textContent = reasoningTitle(message);
    this.#facts.textContent = [this.#handlers.signature(message), facts(message)].filter(Boolean).join(" · ");
  }

  /** @returns {boolean} whether there is more to show of the tools that are asked for */
  #growCalls() {
    const more = this.message.toolCalls.map((call, at) => {
      const { title, text } = this.#calls[at] ?? this.#addCall(at);
      const asked = t("tool", { name: call.name });
      if (title.textContent !== asked) title.textContent = asked;
      return this.#grow(text, call.arguments);
    });
    return more.includes(true);
  }

  /** @param {number} at its place among the calls */
  #addCall(at) {
    const title = h("span", { class: "piece" });
    const text = h("span");
    this.#tools.append(h("pre", { class: "tool", tabindex: "0" }, title, text));
    const call = { title, text: new GrowingText(text) };
    this.#calls[at] = call;
    return call;
  }

  #restart() {
    this.#prose.replaceChildren();
    this.#text = new AnswerText(this.#prose);
    this.#finished = false;
  }

  /** It is taken off the page. */
  drop() {
    this.#silence.end();
    this.element.remove();
  }

  /** @returns {(Node | string)[]} */
  #buttons() {
    const { message } = this;
    if (message.role === "assistant" && message.ending === null) return [];
    const copy = iconButton("copy", "copy", () => copyFrom(copy, message.content).then(this.#handlers.copied));
    /** @type {HTMLElement[]} */
    const buttons = message.content === "" || this.#cover.isClosed ? [] : [copy];
    if (message.role === "user") buttons.push(iconButton("edit", "edit", () => this.#edit()));
    else if (!noticeOf(message)?.actions.includes("retry")) buttons.push(this.#again());
    const remove = iconButton("trash", "remove", () => this.#handlers.remove(message.id));
    remove.classList.add("not-while-writing");
    return [...buttons, remove, ...this.#branches()];
  }

  /** @returns {HTMLElement} */
  #again() {
    const { id } = this.message;
    return h(
      "span",
      { class: "split" },
      iconButton("again", "again", () => this.#handlers.again(id)),
      iconButton("chevron", "again.otherwise", () => this.#handlers.otherwise(id)),
    );
  }

  /** @returns {(Node | string)[]} */
  #branches() {
    const of = this.#siblings.length;
    const at = this.#siblings.findIndex(({ id }) => id === this.message.id);
    if (of < 2) return [];
    const go = (/** @type {number} */ to) =>
      this.#handlers.choose(this.#siblings[to]?.id ?? this.message.id, this.message.id);
    const previous = iconButton("left", "branch.previous", () => go(at - 1));
    const next = iconButton("right", "branch.next", () => go(at + 1));
    previous.disabled = at === 0;
    next.disabled = at === of - 1;
    const position = h(
      "span",
      { class: "position" },
      h("span", { "aria-hidden": "true" }, `${at + 1}/${of}`),
      h("span", { class: "visually-hidden" }, t("branch.position", { at: at + 1, of })),
    );
    const compare = iconButton("compare", "compare", () => this.#handlers.compare(this.message.id));
    return [
      h("span", { class: "branches" }, previous, position, next),
      ...(this.message.role === "assistant" ? [compare] : []),
    ];
  }

  /** @param {Notice["actions"][number]} action */
  #act(action) {
    if (action === "settings" || action === "models") this.#handlers[action]();
    else this.#handlers[action](this.message.id);
  }

  #edit() {
    const input = h("textarea", { rows: "3", dir: "auto", "aria-label": t("edit.label") });
    input.value = this.message.content;
    const close = () => {
      form.remove();
      this.element.classList.remove("editing");
      this.focus("edit");
    };
    const save = () => {
      const text = input.value.trim();
      close();
      const isSomething = text !== "" || this.message.pictures.length > 0;
      if (isSomething && text !== this.message.content) this.#handlers.edit(this.message.id, text);
    };
    const form = h(
      "form",
      {
        class: "edit",
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          save();
        },
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.isComposing || event.keyCode === 229) return;
          if (event.key === "Escape") {
            event.stopPropagation();
            close();
          } else if (event.key === "Enter" && !event.shiftKey && event.target === input) {
            event.preventDefault();
            save();
          }
        },
      },
      input,
      h("p", { class: "note while-writing" }, t("stopsFirst")),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", class: "quiet", onclick: close }, t("cancel")),
        h("button", { type: "submit", class: "primary" }, t("edit.save")),
      ),
    );
    this.element.classList.add("editing");
    this.#prose.after(form);
    input.focus();
  }
}

/** @param {Message} message @returns {string} who speaks */
function nameOf({ role }) {
  return t(role === "user" ? "you" : "answer");
}
