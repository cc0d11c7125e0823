/**
 * The person's personas: made, changed, copied and deleted. Whichever way a form is left, but by Cancel, what was written is kept.
 *
 * @module
 */
import { find, h, iconButton } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";
import { isSameCharacter } from "../kept/personas.js";
import { beginning, starters } from "./starters.js";

/** @import { Api } from "../actions/api.js" */
/** @import { Character, Personas } from "../kept/personas.js" */
/** @import { Persona } from "../types.js" */

/** To choose from, where a keyboard has none. */
const AVATARS = ["🙂", "🦉", "🐈", "🌱", "🎨", "📚", "🔬", "🎼", "🍳", "🚀"];

/** @type {Character} */
const BLANK = { name: "", avatar: "", prompt: "", model: null, temperature: null };

export class PersonaEditor {
  #dialog = find("#personas", HTMLDialogElement);
  #notice = find("#personas-notice", HTMLElement);
  #overview = find("#personas-overview", HTMLElement);
  #own = find("#personas-own", HTMLUListElement);
  #starters = find("#personas-starters", HTMLUListElement);
  #startersSection = find("#starters-section", HTMLElement);
  #new = find("#persona-new", HTMLButtonElement);
  #form = find("#persona-form", HTMLFormElement);
  #avatar = find("#persona-form-avatar", HTMLInputElement);
  #name = find("#persona-form-name", HTMLInputElement);
  #prompt = find("#persona-form-prompt", HTMLTextAreaElement);
  #model = find("#persona-form-model", HTMLSelectElement);
  #temperature = find("#persona-form-temperature", HTMLInputElement);
  #temperatureValue = find("#persona-form-temperature-value", HTMLOutputElement);
  #temperatureReset = find("#persona-form-temperature-reset", HTMLButtonElement);
  /** What the form was filled with, and whose it is. @type {{ id: string | null, before: Character } | null} */
  #editing = null;
  /** @type {number | null} */
  #chosenTemperature = null;
  #personas;
  #api;
  #on;

  /**
   * @param {Personas} personas
   * @param {Api} api for its models
   * @param {{ changed: () => void, removed: (text: string, undo: Node) => void, unfocused: () => void }} on `removed`: the notice, when the
   *   dialog is closed that it stood in
   */
  constructor(personas, api, on) {
    this.#personas = personas;
    this.#api = api;
    this.#on = on;
    this.#new.addEventListener("click", () => this.#edit(null, BLANK));
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    this.#dialog.addEventListener("close", () => void this.#closed());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#leave({ asked: true });
    });
    find("#persona-cancel", HTMLButtonElement).addEventListener("click", () => this.#back());
    this.#bindAvatar();
    this.#bindTemperature();
  }

  open() {
    this.#tell("");
    this.#back();
    this.#dialog.showModal();
  }

  /** Some have changed. What is being written stays. */
  refresh() {
    if (this.#dialog.open && !this.#editing) this.#list();
  }

  #list() {
    const offered = starters(this.#personas.all);
    this.#own.replaceChildren(...this.#personas.all.map((persona) => this.#row(persona)));
    this.#starters.replaceChildren(
      ...offered.map((starter) =>
        h(
          "li",
          {},
          open(starter, () => this.#edit(null, starter)),
        ),
      ),
    );
    this.#startersSection.hidden = offered.length === 0;
  }

  /** @param {Persona} persona */
  #row(persona) {
    const { name } = persona;
    const copy = iconButton("copy", "persona.duplicate", () => void this.#duplicate(persona));
    const remove = iconButton("trash", "persona.delete", () => void this.#remove(persona));
    for (const [button, label] of /** @type {const} */ ([
      [copy, t("persona.duplicate", { name })],
      [remove, t("persona.delete", { name })],
    ])) {
      button.removeAttribute("data-i18n-label");
      button.setAttribute("aria-label", label);
      button.title = label;
    }
    return h(
      "li",
      { "data-id": persona.id },
      open(persona, () => this.#edit(persona.id, persona)),
      copy,
      remove,
    );
  }

  /** @param {Persona} persona */
  async #duplicate(persona) {
    const { id } = await this.#personas.add({ ...persona, name: t("persona.copyOf", { name: persona.name }) });
    this.#changed(id);
  }

  /** @param {Persona} persona */
  async #remove(persona) {
    const putBack = await this.#personas.remove(persona);
    const undo = h("button", { type: "button", class: "quiet" }, t("undo"));
    undo.addEventListener("click", async () => {
      await putBack();
      undo.parentElement?.setAttribute("hidden", "");
      this.#changed(persona.id);
      if (!this.#dialog.open) this.#on.unfocused();
    });
    this.#tell(t("persona.deleted", { name: persona.name }), undo);
    this.#changed(null);
    undo.focus();
  }

  /** @param {string | null} id of the one to have the focus */
  #changed(id) {
    this.refresh();
    this.#on.changed();
    const row = id === null ? null : this.#own.querySelector(`[data-id="${id}"] button`);
    if (row instanceof HTMLElement) row.focus();
  }

  /** @param {string} text @param {...Node} more */
  #tell(text, ...more) {
    this.#notice.replaceChildren(text, ...more);
    this.#notice.hidden = text === "";
  }

  /** @param {string | null} id null for a new one @param {Character} character */
  #edit(id, character) {
    const { name, avatar, prompt, model, temperature } = character;
    this.#editing = { id, before: { name, avatar, prompt, model, temperature } };
    this.#tell("");
    this.#avatar.value = avatar;
    this.#name.value = name;
    this.#prompt.value = prompt;
    this.#fillModels(model);
    this.#chosenTemperature = temperature;
    this.#showTemperature();
    this.#show();
    this.#name.focus();
    this.#dialog.scrollTop = 0;
  }

  /** @returns {Character} as it is written now */
  get #written() {
    return {
      name: this.#name.value.trim(),
      avatar: this.#avatar.value,
      prompt: this.#prompt.value,
      model: this.#model.value || null,
      temperature: this.#chosenTemperature,
    };
  }

  /** Keep what was written. @param {{ asked: boolean }} how whether that was asked for, which takes a suggestion as it is */
  async #leave({ asked }) {
    const { id = null, before = BLANK } = this.#editing ?? {};
    const written = this.#written;
    const isNothing = written.name === "" && written.prompt.trim() === "";
    const isMeant = asked || !isSameCharacter(written, before);
    this.#back();
    if (isNothing || !isMeant) return;
    const character = { ...written, name: written.name || t("persona.unnamed"), avatar: written.avatar || "🙂" };
    const kept = await this.#personas.keep(id, character);
    this.#changed(kept.id);
  }

  #back() {
    this.#editing = null;
    this.#list();
    this.#show();
    this.#new.focus();
  }

  async #closed() {
    if (this.#editing) await this.#leave({ asked: false });
    const [text, undo] = this.#notice.childNodes;
    if (text && undo) this.#on.removed(text.textContent ?? "", undo);
    this.#tell("");
  }

  #show() {
    this.#overview.hidden = this.#editing !== null;
    this.#form.hidden = this.#editing === null;
  }

  /** @param {string | null} chosen */
  #fillModels(chosen) {
    const ids = new Set([...(chosen ? [chosen] : []), ...this.#api.models.map(({ id }) => id)]);
    const options = [...ids].map((id) => h("option", { value: id }, id));
    this.#model.replaceChildren(h("option", { value: "" }, t("persona.usual")), ...options);
    this.#model.value = chosen ?? "";
  }

  #bindAvatar() {
    const graphemes = new Intl.Segmenter();
    this.#avatar.addEventListener("input", (event) => {
      if (event instanceof InputEvent && event.isComposing) return;
      // One sign, however many characters it has; what is typed takes the place of what was there.
      this.#avatar.value = [...graphemes.segment(this.#avatar.value.trim())].at(-1)?.segment ?? "";
    });
    this.#avatar.addEventListener("focus", () => this.#avatar.select());
    const choose = (/** @type {string} */ avatar) => {
      this.#avatar.value = avatar;
    };
    const buttons = AVATARS.map((avatar) =>
      h("button", { type: "button", class: "icon-button", onclick: () => choose(avatar) }, avatar),
    );
    find("#persona-form-avatars", HTMLElement).replaceChildren(...buttons);
  }

  #bindTemperature() {
    this.#temperature.addEventListener("input", () => {
      this.#chosenTemperature = Number(this.#temperature.value);
      this.#showTemperature();
    });
    this.#temperatureReset.addEventListener("click", () => {
      this.#temperature.focus();
      this.#chosenTemperature = null;
      this.#showTemperature();
    });
  }

  #showTemperature() {
    const temperature = this.#chosenTemperature;
    this.#temperature.value = String(temperature ?? 0.7);
    this.#temperature.classList.toggle("unused", temperature === null);
    this.#temperatureReset.disabled = temperature === null;
    this.#temperatureValue.textContent =
      temperature === null ? t("persona.usual") : formatNumber(temperature, { minimumFractionDigits: 1 });
  }
}

/** A persona in the list. @param {Character} character @param {() => void} onclick */
function open(character, onclick) {
  const { name, avatar } = character;
  return h(
    "button",
    { type: "button", class: "persona", onclick },
    h("span", { class: "avatar", "aria-hidden": "true" }, avatar),
    h("span", { class: "name", dir: "auto" }, name),
    h("span", { class: "about one-line", dir: "auto" }, beginning(character)),
  );
}
