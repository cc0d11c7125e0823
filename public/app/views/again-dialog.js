/**
 * Asks how to answer once more: with which model, how inventive.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { formatNumber, t } from "../elements/i18n.js";

/** @import { AnswerChoice, Model } from "../types.js" */

/**
 * @param {Model[]} models
 * @param {AnswerChoice} before of the answer that is there
 * @returns {Promise<AnswerChoice | null>} null when the person thinks better of it
 */
export function askHow(models, before) {
  const dialog = find("#again", HTMLDialogElement);
  const model = find("#again-model", HTMLSelectElement);
  const temperature = find("#again-temperature", HTMLInputElement);
  const value = find("#again-temperature-value", HTMLOutputElement);
  const ids = models.map(({ id }) => id);
  if (before.model && !ids.includes(before.model)) ids.unshift(before.model);
  model.replaceChildren(
    ...(before.model ? [] : [h("option", { value: "" }, t("model.default"))]),
    ...ids.map((id) => h("option", { value: id }, id)),
  );
  model.value = before.model ?? "";
  temperature.value = String(before.temperature ?? 0.7);
  let chosen = before.temperature;
  const show = () => {
    value.textContent = chosen === null ? t("temperature.ofModel") : formatNumber(chosen, { minimumFractionDigits: 1 });
  };
  temperature.oninput = () => {
    chosen = Number(temperature.value);
    show();
  };
  show();
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => resolve(dialog.returnValue === "go" ? { model: model.value || null, temperature: chosen } : null),
      { once: true },
    );
  });
}
