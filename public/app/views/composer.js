/**
 * The box where the person writes: grows with the text, keeps the draft, sends on Enter.
 *
 * @module
 */
import { direct } from "../elements/direction.js";
import { find } from "../elements/dom.js";
import { device, tab } from "../kept/device.js";
import { Tray } from "./tray.js";

/** @import { Picture } from "../types.js" */

export class Composer {
  #form = find("#composer", HTMLFormElement);
  #input = find("#input", HTMLTextAreaElement);
  #send = find("#send", HTMLButtonElement);
  #stop = find("#stop", HTMLButtonElement);
  #draftKey;
  #onSend;
  tray;

  /**
   * @param {object} options
   * @param {string} options.draftKey where the draft is kept
   * @param {(text: string, pictures: Picture[]) => boolean} options.onSend whether they were taken
   * @param {() => void} options.onStop
   * @param {(text: string) => void} options.onType
   * @param {() => void} options.onAttached something is
   * @param {(text: string) => void} options.onNotAttached with the reason
   */
  constructor({ draftKey, onSend, onStop, onType, onAttached, onNotAttached }) {
    this.#draftKey = draftKey;
    this.#onSend = onSend;
    this.tray = new Tray({ added: onAttached, problem: onNotAttached, removed: () => this.focus() });
    const draft = this.#input.value || (tab.getItem(draftKey) ?? device.getItem(draftKey) ?? "");
    direct(this.#input, draft);
    this.#input.value = draft;
    this.#fit();
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.#stop.addEventListener("click", () => {
      onStop();
      this.focus();
    });
    // Before: with the text the browser lays it out.
    this.#input.addEventListener("beforeinput", ({ data }) => direct(this.#input, this.#input.value + (data ?? "")));
    this.#input.addEventListener("input", () => {
      direct(this.#input, this.#input.value);
      onType(this.#input.value);
      this.#keep();
      this.#fit();
    });
    this.#input.addEventListener("keydown", (event) => {
      // While an input method composes, Enter takes its suggestion. Safari says so only by the key code.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      void this.submit();
    });
  }

  /** @param {boolean} writing an answer is being written: Stop takes the place of Send */
  set writing(writing) {
    const hadFocus = document.activeElement === this.#send || document.activeElement === this.#stop;
    this.#send.hidden = writing;
    this.#stop.hidden = !writing;
    if (hadFocus) this.focus();
  }

  get writing() {
    return !this.#stop.hidden;
  }

  /** @param {string} text */
  set text(text) {
    direct(this.#input, text);
    this.#input.value = text;
    this.#keep();
    this.#fit();
  }

  /** Put this above what is written, as Markdown quotes it. @param {string} text */
  quote(text) {
    const quoted = text.replace(/^/gm, "> ");
    const { value } = this.#input;
    this.text = value.trim() === "" ? `${quoted}\n\n` : `${value.trimEnd()}\n\n${quoted}\n\n`;
    this.focus();
    this.#input.setSelectionRange(this.#input.value.length, this.#input.value.length);
    this.#input.scrollTop = this.#input.scrollHeight;
  }

  get isFocused() {
    return document.activeElement === this.#input;
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /** Send what is there, once all that is attached has been read. */
  async submit() {
    await this.tray.ready;
    const text = this.tray.quotedBelow(this.#input.value.trim());
    const { pictures } = this.tray;
    if (this.writing || (text === "" && pictures.length === 0) || !this.#onSend(text, pictures)) return;
    this.text = "";
    this.tray.clear();
  }

  /** Each tab has its own draft; the newest is also for a page that is opened after all are closed. */
  #keep() {
    const before = tab.getItem(this.#draftKey);
    const { value } = this.#input;
    tab.setItem(this.#draftKey, value);
    if (value !== "") device.setItem(this.#draftKey, value);
    else if (device.getItem(this.#draftKey) === before) device.removeItem(this.#draftKey);
  }

  /** Browsers without `field-sizing` need help to grow the box. */
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }
}
