/**
 * The settings, in one quiet panel. What is changed counts at once.
 *
 * @module
 */
import { find } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";
import { loadLook, parseOrigin, rememberApi, saveLook, saveSettings } from "../kept/settings.js";

/** @import { Api } from "../actions/api.js" */
/** @import { Look, Settings } from "../kept/settings.js" */

/** Typing rests this long before a token is tried, in milliseconds. */
const PAUSE_MS = 500;

export class SettingsPanel {
  #dialog = find("#settings", HTMLDialogElement);
  #token = find("#token", HTMLInputElement);
  #temperature = find("#temperature", HTMLInputElement);
  #temperatureValue = find("#temperature-value", HTMLOutputElement);
  #temperatureReset = find("#temperature-reset", HTMLButtonElement);
  #system = find("#system", HTMLTextAreaElement);
  #apiInput = find("#api", HTMLInputElement);
  #apiNote = find("#api-note", HTMLElement);
  #usage = find("#usage-section", HTMLElement);
  #version = find("#version", HTMLElement);
  #timer = 0;
  #api;
  #settings;
  #on;

  /**
   * @param {object} parts
   * @param {Api} parts.api
   * @param {Settings} parts.settings changed in place
   * @param {{ token: () => void, language: () => void }} parts.on
   */
  constructor({ api, settings, on }) {
    this.#api = api;
    this.#settings = settings;
    this.#on = on;
    this.#bindToken();
    this.#bindTemperature();
    this.#bindLook();
    this.#bindApi();
    this.#system.addEventListener("input", () => this.#set({ system: this.#system.value }));
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** @param {"token"} [field] to begin with */
  open(field) {
    this.refresh();
    if (!this.#dialog.open) this.#dialog.showModal();
    const target = document.getElementById(field ?? "");
    target?.focus();
    target?.scrollIntoView({ block: "center" });
  }

  /** Show what is set, and what the API has told, in the language of now. */
  refresh() {
    const { config } = this.#api;
    const { token, system } = this.#settings;
    fill(this.#token, token);
    fill(this.#system, system);
    this.#showTemperature();
    this.#usage.hidden = config.usage !== true;
    this.#version.textContent = config.version ? t("version", { version: config.version }) : "";
  }

  /** @param {Partial<Settings>} change */
  #set(change) {
    Object.assign(this.#settings, change);
    saveSettings(this.#api.origin, change);
  }

  #bindToken() {
    const take = () => {
      this.#set({ token: this.#token.value.trim() });
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(this.#on.token, PAUSE_MS);
    };
    this.#token.addEventListener("input", take);
    find("#token-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#dialog.close();
    });
    find("#forget-token", HTMLButtonElement).addEventListener("click", () => {
      this.#token.value = "";
      take();
      this.#token.focus();
    });
  }

  #bindTemperature() {
    this.#temperature.addEventListener("input", () => {
      this.#set({ temperature: Number(this.#temperature.value) });
      this.#showTemperature();
    });
    this.#temperatureReset.addEventListener("click", () => {
      this.#temperature.focus();
      this.#set({ temperature: null });
      this.#showTemperature();
    });
  }

  #showTemperature() {
    const { temperature } = this.#settings;
    this.#temperature.value = String(temperature ?? 0.7);
    this.#temperature.classList.toggle("unused", temperature === null);
    this.#temperatureReset.disabled = temperature === null;
    this.#temperatureValue.textContent =
      temperature === null ? t("temperature.ofModel") : formatNumber(temperature, { minimumFractionDigits: 1 });
  }

  /** Look as the person has chosen, here or in another tab. */
  adoptLook() {
    const look = loadLook();
    for (const radio of this.#lookRadios()) radio.checked = radio.value === (look[lookOf(radio)] ?? "");
    applyTheme(look.theme);
    this.#on.language();
  }

  #bindLook() {
    const look = loadLook();
    for (const radio of this.#lookRadios()) {
      radio.checked = radio.value === (look[lookOf(radio)] ?? "");
      radio.addEventListener("change", () => {
        saveLook({ [lookOf(radio)]: radio.value || null });
        this.adoptLook();
      });
    }
  }

  #lookRadios() {
    return /** @type {NodeListOf<HTMLInputElement>} */ (
      this.#dialog.querySelectorAll('input:is([name="theme"], [name="language"])')
    );
  }

  #bindApi() {
    this.#apiInput.value = this.#api.origin;
    find("#api-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#apiInput.value.trim();
      const origin = text === "" ? location.origin : parseOrigin(text);
      if (origin === null) {
        this.#apiNote.textContent = t("api.wrong");
        return;
      }
      rememberApi(origin === location.origin ? null : origin);
      // Another edge means other chats, settings and models: begin afresh.
      location.assign(location.pathname);
    });
  }
}

/** @param {HTMLInputElement} radio */
function lookOf(radio) {
  return /** @type {"theme" | "language"} */ (radio.name);
}

/** What is being typed stays. @param {HTMLInputElement | HTMLTextAreaElement} field @param {string} text */
function fill(field, text) {
  if (field !== document.activeElement) field.value = text;
}

/** @param {Look["theme"]} theme */
function applyTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
