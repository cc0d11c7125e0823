/**
 * Keys for those who would rather not reach for the mouse: one table, by which they are heeded and shown.
 *
 * Single keys are for when nothing is being typed, and can be turned off, as somebody who speaks to the machine, or whose hand
 * shakes, presses keys without meaning to (WCAG 2.1.4). Combinations are few, because browsers, systems and screen readers have taken nearly all.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { t } from "../elements/i18n.js";
import { loadLook, saveLook } from "../kept/settings.js";

/**
 * @typedef {object} Shortcut
 * @property {string} does what it is for: the name of a handler
 * @property {string} text the key of its description
 * @property {string} key as `KeyboardEvent.key` has it
 * @property {boolean} [command] with Ctrl, or ⌘ on a Mac, and Shift: also while something is typed
 * @property {string} [opens] the id of the dialog that it opens, and closes
 */

/** @type {readonly Shortcut[]} */
export const SHORTCUTS = [
  { does: "startNew", text: "chats.new", key: "n" },
  { does: "search", text: "keys.search", key: "s" },
  { does: "list", text: "keys.list", key: "l", opens: "chats" },
  { does: "previous", text: "keys.previous", key: "k" },
  { does: "next", text: "keys.next", key: "j" },
  { does: "write", text: "keys.write", key: "m" },
  { does: "leave", text: "keys.leave", key: "Escape" },
  { does: "copy", text: "keys.copy", key: "c" },
  { does: "again", text: "again", key: "r" },
  { does: "again", text: "again", key: "Enter", command: true },
  { does: "settings", text: "settings.open", key: ",", opens: "settings" },
  { does: "help", text: "keys.help", key: "?", opens: "shortcuts" },
];

/** What is pressed, as far as it matters. @typedef {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing" | "keyCode" | "repeat">} Press */

const TYPED_INTO = 'textarea, select, [contenteditable], input:not([type="checkbox"], [type="radio"], [type="range"])';

/**
 * @param {Press} press
 * @param {{ isApple: boolean, isTyping: boolean, singleKeys: boolean }} where
 * @returns {Shortcut | null} the one that it is
 */
export function shortcutOf(press, { isApple, isTyping, singleKeys }) {
  // What an input method takes is no key. Safari says so only by the key code.
  if (press.isComposing || press.keyCode === 229 || press.repeat || press.altKey) return null;
  const [command, other] = isApple ? [press.metaKey, press.ctrlKey] : [press.ctrlKey, press.metaKey];
  if (other) return null;
  const key = keyOf(press);
  const isSingle = key.length === 1;
  // Signs are where the layout has them; a capital letter is another key.
  const shift = press.shiftKey && !(isSingle && !/\p{L}/u.test(key));
  const found = SHORTCUTS.find((shortcut) => {
    const wantsCommand = shortcut.command ?? false;
    return shortcut.key === key && wantsCommand === command && wantsCommand === shift;
  });
  if (!found || (isSingle && (isTyping || !singleKeys))) return null;
  return found;
}

/** By its place on the keyboard where the layout has letters of another script there. @param {Press} press */
function keyOf({ key, code }) {
  if (key.length !== 1) return key;
  const isForeign = /\p{L}/u.test(key) && !/[a-z]/i.test(key);
  return (isForeign && code.startsWith("Key") ? code.slice(3) : key).toLowerCase();
}

/** @param {Shortcut} shortcut @param {boolean} isApple @returns {string[]} its keys, as they are called there */
export function keysOf({ key, command }, isApple) {
  const named = key === "Escape" ? "Esc" : key.length > 1 ? key : key.toUpperCase();
  return [...(command ? [isApple ? "⌘" : "Ctrl", "Shift"] : []), named];
}

export class Shortcuts {
  #dialog = find("#shortcuts", HTMLDialogElement);
  #list = find("#shortcut-list", HTMLDListElement);
  #singleKeys = find("#single-keys", HTMLInputElement);
  #isApple = /mac|iphone|ipad/i.test(navigator.platform);
  /** @type {Record<string, () => void>} */
  #on;

  /** @param {Record<string, () => void>} on what each does, but help */
  constructor(on) {
    this.#on = { ...on, help: () => this.open() };
    document.addEventListener("keydown", (event) => this.#press(event));
    find("#open-shortcuts", HTMLButtonElement).addEventListener("click", () => this.open());
    this.#singleKeys.addEventListener("change", () => saveLook({ singleKeys: this.#singleKeys.checked }));
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  open() {
    this.#singleKeys.checked = loadLook().singleKeys;
    const byUse = Map.groupBy(SHORTCUTS, ({ text }) => text);
    this.#list.replaceChildren(
      ...[...byUse].map(([text, shortcuts]) =>
        h("div", {}, h("dt", {}, t(text)), ...shortcuts.map((shortcut) => h("dd", {}, ...this.#keys(shortcut)))),
      ),
    );
    this.#dialog.showModal();
  }

  /** @param {Shortcut} shortcut */
  #keys(shortcut) {
    return keysOf(shortcut, this.#isApple).flatMap((key, at) => [at > 0 ? " + " : "", h("kbd", {}, key)]);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.defaultPrevented) return;
    const isTyping = event.target instanceof Element && event.target.closest(TYPED_INTO) !== null;
    const { singleKeys } = loadLook();
    const shortcut = shortcutOf(event, { isApple: this.#isApple, isTyping, singleKeys });
    if (!shortcut) return;
    const onTop = [...document.querySelectorAll("dialog:modal, :popover-open")].at(-1);
    // What is open on top has keys of its own, but for the one that opened it.
    if (onTop && onTop.id !== shortcut.opens) return;
    // Escape also ends what the browser is at.
    if (shortcut.key !== "Escape") event.preventDefault();
    if (onTop instanceof HTMLDialogElement) onTop.close();
    else this.#on[shortcut.does]?.();
  }
}
