/**
 * The models to choose from: a search box above radio buttons.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";

/** @import { Model } from "../types.js" */

export class ModelList {
  #search = find("#model-search", HTMLInputElement);
  #list = find("#model-list", HTMLFieldSetElement);
  #note = find("#model-note", HTMLElement);
  /** @type {Model[]} */
  #models = [];
  /** @type {string | null} */
  #chosen = null;
  #defaultModel = "";
  #loaded = false;

  /** @param {(model: string | null) => void} onChoose null for the edge's default */
  constructor(onChoose) {
    this.#search.addEventListener("input", () => this.show());
    this.#list.addEventListener("change", (event) => {
      if (!(event.target instanceof HTMLInputElement)) return;
      this.#chosen = event.target.value || null;
      onChoose(this.#chosen);
    });
  }

  /** @param {{ models: Model[], loaded: boolean, chosen: string | null, defaultModel: string }} state */
  set({ models, loaded, chosen, defaultModel }) {
    this.#models = models;
    this.#loaded = loaded;
    this.#chosen = chosen;
    this.#defaultModel = defaultModel;
    this.show();
  }

  show() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (/** @type {string} */ text) => words.every((word) => text.toLowerCase().includes(word));
    const known = this.#models.some(({ id }) => id === this.#chosen);
    const all = this.#chosen !== null && !known ? [{ id: this.#chosen }, ...this.#models] : this.#models;
    const found = all.filter(({ id }) => fits(id));
    const rows = found.map((model) => this.#row(model.id, model.id, describe(model)));
    if (fits(this.#defaultModel) || fits(t("model.default"))) {
      rows.unshift(this.#row("", t("model.default"), this.#defaultModel || t("model.defaultNote")));
    }
    const legend = this.#list.querySelector("legend");
    this.#list.replaceChildren(...(legend ? [legend] : []), ...rows);
    this.#note.textContent = !this.#loaded ? t("model.unknown") : rows.length === 0 ? t("model.none") : "";
  }

  /** @param {string} value @param {string} name @param {string} note */
  #row(value, name, note) {
    const input = h("input", { type: "radio", name: "model", value, checked: (this.#chosen ?? "") === value });
    return h(
      "label",
      { class: "model" },
      input,
      h("span", { class: "name" }, name),
      note ? h("span", { class: "about" }, note) : null,
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
    model.higher_tier_required ? t("model.tier") : "",
  ];
  return parts.filter(Boolean).join(" · ");
}
