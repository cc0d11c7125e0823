/**
 * The chats kept on this device.
 *
 * @module
 */
import { find, h, iconButton } from "../elements/dom.js";
import { formatDate, t } from "../elements/i18n.js";

/** @import { Store } from "../kept/store.js" */
/** @import { ConversationRecord } from "../types.js" */

export class ChatsPanel {
  #dialog = find("#chats", HTMLDialogElement);
  #list = find("#chat-list", HTMLUListElement);
  #store;
  #on;

  /**
   * @param {Store | null} store
   * @param {{ open: (record: ConversationRecord) => void, remove: (record: ConversationRecord) => Promise<void> }} on
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

  /** @param {string} current */
  async #show(current) {
    const records = (await this.#store?.list()) ?? [];
    const rows = records.map((record) => this.#row(record, current));
    this.#list.replaceChildren(...(rows.length > 0 ? rows : [h("li", { class: "note" }, t("chats.none"))]));
  }

  /** @param {ConversationRecord} record @param {string} current */
  #row(record, current) {
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
      h("span", { class: "name" }, record.title || "…"),
      h("span", { class: "about" }, formatDate(record.updated)),
    );
    const remove = iconButton("trash", "chats.delete", async () => {
      // The first press asks, the second deletes: what is gone is gone.
      if (!remove.classList.contains("sure")) {
        remove.classList.add("sure");
        remove.textContent = t("chats.deleteSure");
        remove.removeAttribute("aria-label");
        return;
      }
      await this.#on.remove(record);
      await this.#show(current);
      this.#dialog.querySelector("button")?.focus();
    });
    remove.removeAttribute("data-i18n-label");
    remove.setAttribute("aria-label", t("chats.delete", { title: record.title }));
    remove.title = t("chats.delete", { title: record.title });
    return h("li", {}, open, remove);
  }
}
