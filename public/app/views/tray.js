/**
 * What is attached to the message that is being written: chosen with the paper clip, pasted, or dropped on the page.
 *
 * @module
 */
import { find, h, icon } from "../elements/dom.js";
import { t } from "../elements/i18n.js";
import { isPicture, NotAttached, quoted, readAttachment } from "../actions/attach.js";
import { image } from "./pictures.js";

/** @import { Attachment } from "../actions/attach.js" */
/** @import { Picture } from "../types.js" */

export class Tray {
  #list = find("#tray", HTMLUListElement);
  #button = find("#attach", HTMLButtonElement);
  #file = find("#attach-file", HTMLInputElement);
  /** @type {Attachment[]} */
  #attached = [];
  #takesPictures = true;
  #maxChars = Infinity;
  #on;
  /** Done when all that was given so far is read. */
  ready = Promise.resolve();

  /** @param {{ problem: (text: string) => void, added: () => void, removed: () => void }} on */
  constructor(on) {
    this.#on = on;
    this.#button.addEventListener("click", () => this.#file.click());
    this.#file.addEventListener("change", () => {
      this.add([...(this.#file.files ?? [])]);
      this.#file.value = "";
    });
    document.addEventListener("paste", (event) => this.#paste(event));
    document.addEventListener("dragover", (event) => this.#dragged(event, true));
    document.addEventListener("dragleave", (event) => event.relatedTarget ?? this.#dragged(event, false));
    document.addEventListener("drop", (event) => {
      if (this.#dragged(event, false)) this.add([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /**
   * Show what is attached, in the language of now.
   *
   * @param {{ takesPictures: boolean, maxBytes: number }} given whether the chosen model takes pictures; what a request may have
   */
  show({ takesPictures, maxBytes }) {
    this.#takesPictures = takesPictures;
    // So that some of them fit into a conversation.
    this.#maxChars = maxBytes / 3;
    const label = t(takesPictures ? "attach" : "attach.textOnly");
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
    this.#render();
  }

  /** @returns {Picture[]} */
  get pictures() {
    return this.#attached.flatMap((attached) => ("picture" in attached ? [attached.picture] : []));
  }

  /** @param {string} text that was written @returns {string} with the texts that are attached below it */
  quotedBelow(text) {
    const files = this.#attached.flatMap((attached) => ("text" in attached ? [quoted(attached)] : []));
    return [text, ...files].filter(Boolean).join("\n\n");
  }

  clear() {
    this.#attached = [];
    this.#render();
  }

  /** @param {File[]} files */
  add(files) {
    this.ready = this.ready.then(async () => {
      for (const file of files) await this.#read(file);
    });
  }

  /** @param {File} file */
  async #read(file) {
    try {
      if (isPicture(file) && !this.#takesPictures) return this.#on.problem(t("attach.noPictures"));
      this.#attached.push(await readAttachment(file, this.#maxChars));
      this.#render();
      this.#on.added();
    } catch (error) {
      this.#on.problem(t(error instanceof NotAttached ? error.key : "attach.undecodable", { name: file.name }));
    }
  }

  #render() {
    this.#list.replaceChildren(...this.#attached.map((attached) => this.#item(attached)));
    this.#list.hidden = this.#attached.length === 0;
  }

  /** @param {Attachment} attached */
  #item(attached) {
    const name = "picture" in attached ? attached.picture.name : attached.name;
    const label = t("attach.remove", { name });
    const remove = () => {
      this.#attached = this.#attached.filter((other) => other !== attached);
      this.#render();
      this.#on.removed();
    };
    return h(
      "li",
      {},
      ...("picture" in attached ? [image(attached.picture)] : [icon("file"), h("span", { class: "name" }, name)]),
      h(
        "button",
        { type: "button", class: "remove", "aria-label": label, title: label, onclick: remove },
        icon("close"),
      ),
    );
  }

  /** Text that comes with a picture of itself, as from a spreadsheet, is meant as text. @param {ClipboardEvent} event */
  #paste(event) {
    const { clipboardData: data } = event;
    if (!data || data.files.length === 0 || data.types.includes("text/plain") || inDialog()) return;
    event.preventDefault();
    this.add([...data.files]);
  }

  /** @param {DragEvent} event @param {boolean} over the page, and not yet let go @returns {boolean} whether files are dragged */
  #dragged(event, over) {
    const hasFiles = event.dataTransfer?.types.includes("Files") ?? false;
    // Else the browser would leave the page and open the file.
    if (hasFiles) event.preventDefault();
    document.documentElement.toggleAttribute("data-dragged", over && hasFiles && !inDialog());
    return hasFiles && !inDialog();
  }
}

function inDialog() {
  return document.querySelector("dialog[open]") !== null;
}
