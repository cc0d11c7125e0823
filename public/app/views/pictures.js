/**
 * The pictures of a question: small beside its text, large when they are pressed.
 *
 * @module
 */
import { find, h } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

/** @import { Picture } from "../types.js" */

/** @param {Picture} picture its address is `data:`, so nothing is loaded from anywhere @returns {HTMLImageElement} */
export function image({ name, url, width, height }) {
  return h("img", { src: url, alt: name, width: String(width), height: String(height), decoding: "async" });
}

/** @param {Picture[]} pictures @returns {HTMLElement} */
export function pictureList(pictures) {
  const items = pictures.map((picture) =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "picture-button", onclick: () => enlarge(picture) },
        h("span", { class: "visually-hidden", "data-i18n": "picture.enlarge" }, t("picture.enlarge")),
        " ",
        image(picture),
      ),
    ),
  );
  return h("ul", { class: "pictures", hidden: pictures.length === 0 }, ...items);
}

/** @param {Picture} picture */
function enlarge(picture) {
  find("#enlarged-name", HTMLElement).textContent = picture.name;
  find("#enlarged-picture", HTMLElement).replaceChildren(image(picture));
  find("#enlarged", HTMLDialogElement).showModal();
}
