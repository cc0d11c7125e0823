/**
 * The part of the settings where everything on this device is taken elsewhere, comes from there, or is deleted.
 *
 * @module
 */
import { exportJson, exportMarkdown, importFile, NotTaken } from "../actions/transfer.js";
import { find, saveAs } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

/** @import { Progress } from "../actions/transfer.js" */
/** @import { Store } from "../kept/store.js" */

/** So often is told how far it is: a screen reader says each word, in milliseconds. */
const TELL_MS = 1_000;

export class TransferSection {
  #status = find("#transfer-status", HTMLElement);
  #file = find("#import-file", HTMLInputElement);
  #wipe = find("#wipe", HTMLDialogElement);
  #edgeToo = find("#wipe-too", HTMLInputElement);
  #store;
  #on;
  #told = 0;
  #busy = false;

  /**
   * @param {Store | null} store null where the browser keeps nothing
   * @param {object} on
   * @param {() => Promise<void>} on.before everything that is known is to be in the store
   * @param {() => boolean} on.isAtEdge whether the edge keeps the chats too
   * @param {(edgeToo: boolean) => Promise<void>} on.wipe delete everything on this device
   */
  constructor(store, on) {
    this.#store = store;
    this.#on = on;
    this.#bind("#export-json", (known) => this.#export(known));
    this.#bind("#export-markdown", (known) => this.#exportText(known));
    this.#bind("#import", async () => this.#file.click());
    find("#delete-all", HTMLButtonElement).addEventListener("click", () => {
      this.#wipe.returnValue = "cancel";
      this.#edgeToo.checked = false;
      find("#wipe-edge", HTMLElement).hidden = !this.#on.isAtEdge();
      this.#wipe.showModal();
    });
    this.#wipe.addEventListener("close", () => {
      if (this.#wipe.returnValue === "go") void this.#on.wipe(this.#edgeToo.checked);
    });
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file && this.#store) void this.#alone(() => this.#import(file, /** @type {Store} */ (this.#store)));
      // The same file can be chosen again.
      this.#file.value = "";
    });
  }

  /** @param {string} selector @param {(store: Store) => Promise<void>} work */
  #bind(selector, work) {
    const button = find(selector, HTMLButtonElement);
    button.disabled = this.#store === null;
    button.addEventListener("click", () => {
      if (this.#store) void this.#alone(() => work(/** @type {Store} */ (this.#store)));
    });
  }

  /** @param {() => Promise<void>} work one at a time */
  async #alone(work) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#on.before();
      await work();
    } catch (error) {
      if (!(error instanceof NotTaken)) throw error;
      this.#say(t(error.key, error.values), true);
    } finally {
      this.#busy = false;
    }
  }

  /** @param {Store} store */
  async #export(store) {
    saveAs(`${nameOfToday()}.json`, await exportJson(store, (progress) => this.#tell("export.progress", progress)));
    this.#say(t("export.done"));
  }

  /** @param {Store} store */
  async #exportText(store) {
    const names = { user: t("you"), assistant: t("answer"), covered: t("covered.text") };
    const tell = (/** @type {Progress} */ progress) => this.#tell("export.progress", progress);
    saveAs(`${nameOfToday()}.md`, await exportMarkdown(store, names, tell));
    this.#say(t("export.done"));
  }

  /** @param {File} file @param {Store} store */
  async #import(file, store) {
    const taken = await importFile(file, store, (progress) => this.#tell("import.progress", progress));
    const known = taken.rooms - taken.newRooms;
    const said = [
      t("import.done", { count: taken.newRooms }),
      known > 0 ? t("import.known", { count: known }) : "",
      taken.leftOut > 0 ? t("import.leftOut", { count: taken.leftOut }) : "",
    ];
    this.#say(said.filter(Boolean).join(" "));
  }

  /** @param {"export.progress" | "import.progress"} key @param {Progress} progress */
  #tell(key, { done, of }) {
    const now = performance.now();
    if (now - this.#told < TELL_MS) return;
    this.#told = now;
    this.#say(of === null ? t("import.reading", { count: done }) : t(key, { done, of }));
  }

  /** @param {string} text @param {boolean} [isBad] */
  #say(text, isBad = false) {
    this.#status.textContent = text;
    this.#status.classList.toggle("bad", isBad);
  }
}

/** @returns {string} of a file, without its ending */
function nameOfToday() {
  return `ionet-edge-${new Date().toISOString().slice(0, 10)}`;
}
