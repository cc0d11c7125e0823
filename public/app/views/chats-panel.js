/**
 * The chats kept on this device.
 *
 * @module
 */
import { copyFrom, find, h, icon, iconButton, saveAs } from "../elements/dom.js";
import { markdownName } from "../actions/export.js";
import { formatDate, t } from "../elements/i18n.js";

/** A chat in the list. @typedef {{ record: ConversationRecord, element: HTMLLIElement, mark: () => void }} Row */

/** @import { Store } from "../kept/store.js" */
/** @import { ConversationRecord } from "../types.js" */

export class ChatsPanel {
  /** @type {Row[]} */
  #rows = [];
  #dialog = find("#chats", HTMLDialogElement);
  #list = find("#chat-list", HTMLUListElement);
  #store;
  #on;

  /**
   * @param {Store | null} store
   * @param {object} on
   * @param {(record: ConversationRecord) => void} on.open
   * @param {(record: ConversationRecord) => Promise<void>} on.remove
   * @param {(id: string) => boolean} on.isWriting
   * @param {(id: string) => void} on.stop
   * @param {(record: ConversationRecord) => Promise<string>} on.markdown
   */
  constructor(store, on) {
    this.#store = store;
    this.#on = on;
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** @param {string} current the id of the open conversation */
  async open(current) {
    await this.#show(current);
    this.#dialog.showModal();
  }

  /** Show in which chats an answer is being written. */
  mark() {
    for (const row of this.#rows) row.mark();
  }

  /** @param {string} id of a chat that is gone */
  drop(id) {
    this.#fill(this.#rows.filter(({ record }) => record.id !== id));
  }

  /** @param {string} current */
  async #show(current) {
    const records = (await this.#store?.list()) ?? [];
    this.#fill(records.map((record) => this.#row(record, current)));
  }

  /** @param {Row[]} rows */
  #fill(rows) {
    this.#rows = rows;
    const elements = rows.map(({ element }) => element);
    this.#list.replaceChildren(...(rows.length > 0 ? elements : [h("li", { class: "note" }, t("chats.none"))]));
    this.mark();
  }

  /** @param {ConversationRecord} record @param {string} current @returns {Row} */
  #row(record, current) {
    const about = h("span", { class: "about" });
    const open = h(
      "button",
      {
        type: "button",
        class: "chat",
        "aria-current": record.id === current ? "true" : null,
        onclick: () => {
          this.#dialog.close();
          this.#on.open(record);
        },
      },
      h("span", { class: "name", dir: "auto" }, record.title || "…"),
      about,
    );
    const stop = iconButton("stop", "stop", () => this.#on.stop(record.id));
    const mark = () => {
      const writing = this.#on.isWriting(record.id);
      if (!writing && stop === document.activeElement) open.focus();
      stop.hidden = !writing;
      about.replaceChildren(
        ...(writing
          ? [h("span", { class: "dots", "aria-hidden": "true" }), t("chats.writing")]
          : [formatDate(record.updated)]),
      );
    };
    const remove = iconButton("trash", "chats.delete", async () => {
      // The first press asks, the second deletes: what is gone is gone.
      if (!remove.classList.contains("sure")) return arm(true);
      await this.#on.remove(record);
      await this.#show(current);
      this.#dialog.querySelector("button")?.focus();
    });
    const copy = iconButton("copy", "chats.copy", async () => copyFrom(copy, await this.#on.markdown(record)));
    const save = iconButton("download", "chats.save", async () =>
      saveAs(markdownName(record.title), await this.#on.markdown(record)),
    );
    const sign = icon("trash");
    const arm = (/** @type {boolean} */ isSure) => {
      const name = t("chats.delete", { title: record.title });
      remove.classList.toggle("sure", isSure);
      remove.replaceChildren(isSure ? t("chats.deleteSure") : sign);
      remove.setAttribute("aria-label", isSure ? t("chats.deleteSure") : name);
      remove.title = name;
    };
    remove.addEventListener("blur", () => arm(false));
    remove.removeAttribute("data-i18n-label");
    arm(false);
    return { record, element: h("li", {}, open, stop, copy, save, remove), mark };
  }
}
