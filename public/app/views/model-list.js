/**
 * The models to choose from, in a popover below the header: a search box above radio buttons, or above checkboxes where several are
 * asked at once.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";
import { saveSettings } from "../kept/settings.js";
import { shortName } from "./facts.js";

/** @import { Api } from "../actions/api.js" */
/** @import { Settings } from "../kept/settings.js" */
/** @import { Model } from "../types.js" */

/** So many may be asked at once: more than can be read beside each other. */
const MOST = 4;

export class ModelList {
  #popover = find("#models", HTMLElement);
  #search = find("#model-search", HTMLInputElement);
  #list = find("#model-list", HTMLElement);
  #note = find("#model-note", HTMLElement);
  #several = find("#several", HTMLInputElement);
  #name = find("#model-name", HTMLElement);
  #more = find("#model-more", HTMLElement);
  #loaded = true;
  #api;
  #settings;
  #on;

  /**
   * @param {Api} api
   * @param {Settings} settings changed in place
   * @param {{ asked: () => Pick<Settings, "model" | "also">, change: () => void }} on `asked`: what is asked in the room that is shown
   */
  constructor(api, settings, on) {
    this.#api = api;
    this.#settings = settings;
    this.#on = on;
    this.#popover.addEventListener("beforetoggle", (event) => event.newState === "open" && this.#begin());
    this.#popover.addEventListener("toggle", (event) => {
      if (event.newState === "open") this.#list.scrollTop = 0;
    });
    this.#search.addEventListener("input", () => this.#show());
    this.#search.addEventListener("keydown", (event) => this.#searchKey(event));
    this.#several.addEventListener("change", () => {
      this.#choose(this.#chosen.slice(0, 1));
      this.#show();
    });
    this.#list.addEventListener("change", () => this.#take());
    this.#list.addEventListener("click", ({ detail, target }) => {
      // The arrow keys choose too, and go on choosing.
      const isPress = detail > 0 && target instanceof Element && target.closest(".model");
      if (isPress && !this.#several.checked) this.#popover.hidePopover();
    });
    this.#list.addEventListener("keydown", ({ key }) => key === "Enter" && this.#popover.hidePopover());
  }

  open() {
    this.#popover.showPopover();
  }

  /** @param {boolean} loaded whether the list of models could be had */
  set loaded(loaded) {
    this.#loaded = loaded;
    this.refresh();
  }

  /** Show what is chosen, and what the API has told, in the language of now. */
  refresh() {
    this.#showName();
    if (this.#popover.matches(":popover-open")) this.#show();
  }

  #showName() {
    const { model, also } = this.#on.asked();
    const id = model ?? this.#api.config.default_model;
    this.#name.textContent = id ? shortName(id) : t("model.default");
    this.#more.textContent = also.length > 0 ? `+${also.length}` : "";
  }

  /** The ids of all that are asked; the first is the one that goes on, "" the edge's own choice. @returns {string[]} */
  get #chosen() {
    const { model, also } = this.#on.asked();
    return [model ?? (this.#several.checked ? (this.#api.config.default_model ?? "") : ""), ...also];
  }

  #begin() {
    this.#search.value = "";
    this.#several.checked = this.#on.asked().also.length > 0;
    // The browser moves the focus while it opens, so that no key is lost. A finger that wants to choose wants no keyboard.
    this.#search.autofocus = matchMedia("(hover: hover)").matches;
    this.#show();
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    const first = this.#list.querySelector("input");
    if (event.isComposing || !first || !["ArrowDown", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "ArrowDown") return first.focus();
    first.click();
    if (!this.#several.checked) this.#popover.hidePopover();
  }

  #take() {
    const inputs = [...this.#list.querySelectorAll("input")];
    const shown = new Set(inputs.map(({ value }) => value));
    const checked = inputs.filter((input) => input.checked).map(({ value }) => value);
    // Of several, those that the search hides stay chosen, and the first stays the first.
    const kept = this.#several.checked ? this.#chosen.filter((id) => checked.includes(id) || !shown.has(id)) : [];
    this.#choose([...new Set([...kept, ...checked])]);
  }

  /** @param {string[]} ids at least one */
  #choose([model = "", ...also]) {
    const change = { model: model || null, also };
    Object.assign(this.#settings, change);
    saveSettings(this.#api.origin, change);
    this.#on.change();
    this.#showName();
    if (this.#several.checked) this.#limit();
  }

  /** One at least, and no more than can be read. */
  #limit() {
    const chosen = this.#chosen;
    for (const input of this.#list.querySelectorAll("input")) {
      input.checked = chosen.includes(input.value);
      input.disabled = input.checked ? chosen.length === 1 : chosen.length >= MOST;
    }
  }

  #show() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (/** @type {string} */ text) => words.every((word) => text.toLowerCase().includes(word));
    const rows = this.#rows().filter(({ name, about }) => fits(`${name} ${about}`));
    const { activeElement } = document;
    const focused =
      activeElement instanceof HTMLInputElement && this.#list.contains(activeElement) ? activeElement.value : null;
    this.#list.replaceChildren(...rows.map((row) => this.#row(row)));
    if (this.#several.checked) this.#limit();
    const again = [...this.#list.querySelectorAll("input")].find(({ value }) => value === focused);
    if (focused !== null) again?.focus();
    this.#note.textContent = !this.#loaded ? t("model.unknown") : rows.length === 0 ? t("model.none") : "";
  }

  /** @returns {{ id: string, name: string, about: string }[]} the chosen first, then the edge's own choice */
  #rows() {
    const { models, config } = this.#api;
    const known = new Map(models.map((model) => [model.id, model]));
    const ids = new Set([...this.#chosen, ...(this.#several.checked ? [] : [""]), ...known.keys()]);
    return [...ids].map((id) => {
      if (id === "") return { id, name: t("model.default"), about: config.default_model ?? t("model.defaultNote") };
      return { id, name: id, about: describe(known.get(id) ?? { id }) };
    });
  }

  /** @param {{ id: string, name: string, about: string }} row */
  #row({ id, name, about }) {
    const type = this.#several.checked ? "checkbox" : "radio";
    const input = h("input", { type, name: "model", value: id, checked: this.#chosen.includes(id) });
    return h(
      "label",
      { class: "model" },
      input,
      h("span", { class: "name" }, name),
      about ? h("span", { class: "about" }, about) : null,
    );
  }
}

/** @param {Model} model @returns {string} what is known of it */
function describe(model) {
  const window = model.context_window ?? model.max_model_len;
  const price = (/** @type {number} */ perToken) =>
    formatNumber(perToken * 1e6, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const parts = [
    window ? t("model.window", { count: window }) : "",
    typeof model.input_token_price === "number" && typeof model.output_token_price === "number"
      ? t("model.price", { in: price(model.input_token_price), out: price(model.output_token_price) })
      : "",
    model.supports_reasoning ? t("model.reasoning") : "",
    model.supports_images_input ? t("model.images") : "",
    model.supports_tools ? t("model.tools") : "",
    model.higher_tier_required ? t("model.tier") : "",
  ];
  return parts.filter(Boolean).join(" · ");
}
