/**
 * Who answers in the room that is shown: chosen on the empty page, told in the header, and changed there.
 *
 * @module
 */
import { find, h, icon } from "../elements/dom.js";
import { t } from "../elements/i18n.js";
import { beginning, starters } from "./starters.js";

/** @import { Character, Personas } from "../kept/personas.js" */
/** @import { Persona } from "../types.js" */

export class PersonaChooser {
  #popover = find("#room", HTMLElement);
  #list = find("#persona-list", HTMLElement);
  #chips = find("#persona-chips", HTMLElement);
  #avatar = find("#persona-avatar", HTMLElement);
  #name = find("#persona-name", HTMLElement);
  /** @type {Persona | null} */
  #chosen = null;
  /** The names as they were offered last. @type {string[]} */
  #order = [];
  #personas;
  #on;

  /**
   * @param {Personas} personas
   * @param {{ choose: (character: Persona | Character | null) => void, edit: () => void }} on `choose`: null for nobody
   */
  constructor(personas, on) {
    this.#personas = personas;
    this.#on = on;
    this.#popover.addEventListener("beforetoggle", (event) => event.newState === "open" && this.#fillList());
    for (const button of document.querySelectorAll(".edit-personas")) {
      button.addEventListener("click", () => {
        this.#popover.hidePopover();
        on.edit();
      });
    }
  }

  /** @param {Persona | null} chosen of the room that is shown */
  show(chosen) {
    this.#chosen = chosen;
    this.#avatar.replaceChildren(chosen ? chosen.avatar : icon("persona"));
    this.#name.textContent = chosen ? chosen.name : t("persona.none");
    this.#name.classList.toggle("visually-hidden", !chosen);
    keepFocus(this.#chips, () => this.#offered.map((character) => this.#chip(character)));
    if (this.#popover.matches(":popover-open")) this.#fillList();
  }

  /** The person's own, and others to begin with: one that becomes the person's stays where it was. @returns {(Persona | Character)[]} */
  get #offered() {
    const own = this.#personas.all;
    const offered = [...own, ...starters(own)];
    offered.sort((a, b) => this.#order.indexOf(a.name) - this.#order.indexOf(b.name));
    this.#order = offered.map(({ name }) => name);
    return offered;
  }

  /** @param {Persona | Character} character */
  #chip(character) {
    const isChosen = character === this.#chosen;
    const onclick = () => this.#on.choose(isChosen ? null : character);
    return h(
      "button",
      { type: "button", class: "chip", title: beginning(character), "aria-pressed": String(isChosen), onclick },
      h("span", { class: "avatar", "aria-hidden": "true" }, character.avatar),
      h("span", { class: "name", dir: "auto" }, character.name),
    );
  }

  #fillList() {
    keepFocus(this.#list, () => [null, ...this.#offered].map((character) => this.#row(character)));
  }

  /** @param {Persona | Character | null} character */
  #row(character) {
    const checked = character === this.#chosen;
    const onchange = () => this.#on.choose(character);
    const name = character ? character.name : t("persona.none");
    return h(
      "label",
      { class: "model" },
      h("input", { type: "radio", name: "persona", checked, onchange }),
      h(
        "span",
        { class: "name", dir: "auto" },
        h("span", { class: "avatar", "aria-hidden": "true" }, character ? character.avatar : ""),
        name,
      ),
      h("span", { class: "about one-line", dir: "auto" }, character ? beginning(character) : t("persona.noneNote")),
    );
  }
}

/** Build anew what stands in an element; the focus and what is in view stay. @param {Element} root @param {() => Node[]} build */
function keepFocus(root, build) {
  const of = () => [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("button, input"))];
  const at = of().indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const { scrollLeft, scrollTop } = root;
  root.replaceChildren(...build());
  root.scrollTo(scrollLeft, scrollTop);
  if (at >= 0)
    of()
      .at(Math.min(at, of().length - 1))
      ?.focus({ preventScroll: true });
}
