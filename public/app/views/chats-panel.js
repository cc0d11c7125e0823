/**
 * The chats kept on this device: at the side where there is room, where it can be folded away, else in a drawer.
 *
 * @module
 */
import { markdownName } from "../actions/export.js";
import { copyFrom, find, h, saveAs } from "../elements/dom.js";
import { formatMonth, t } from "../elements/i18n.js";
import { keyOf, WindowList } from "../elements/window-list.js";
import { grouped, holds, newestFirst, wordsOf } from "../kept/rooms.js";
import { searchTexts } from "../kept/search.js";
import { saveLook } from "../kept/settings.js";
import { ChatMenu } from "./chat-menu.js";
import { ChatRow } from "./chat-row.js";

/** @import { Line } from "../elements/window-list.js" */
/** @import { Group } from "../kept/rooms.js" */
/** @import { Store, Word } from "../kept/store.js" */
/** @import { ConversationRecord } from "../types.js" */

/** In rem: a finger needs more. */
const ROW = matchMedia("(pointer: coarse)").matches ? 2.75 : 2.375;
const EXCERPT = 1.25;
const HEADING = 2.25;

/** What comes in so short a time is shown at once, in milliseconds; */
const GATHER_MS = 50;
/** of more than so many, all are read anew. */
const MANY = 40;
/** Texts are not looked through before a pause in typing, in milliseconds. */
const PAUSE_MS = 150;

export class ChatsPanel {
  #side = find("#side", HTMLElement);
  #drawer = find("#chats", HTMLDialogElement);
  #panel = find("#chats-panel", HTMLElement);
  #title = find("#chats-title", HTMLElement);
  #toggle = find("#open-chats", HTMLButtonElement);
  #search = find("#chat-search", HTMLInputElement);
  #list = find("#chat-list", HTMLUListElement);
  #note = find("#chat-note", HTMLElement);
  #switch = find("#chat-archive", HTMLButtonElement);
  #window = new WindowList(find("#chat-scroller", HTMLElement), this.#list);
  #menu = new ChatMenu();
  #wide = matchMedia("(min-width: 56.25rem)");
  /** @type {Map<string, ConversationRecord> | null} null while they are not known, or not all that is known is true */
  #records = null;
  /** @type {Promise<void> | null} */
  #loading = null;
  /** @type {Set<string>} whose removal may be undone */
  #hidden = new Set();
  /** @type {Set<string>} of which something is to be read anew */
  #stale = new Set();
  #gathering = 0;
  /** @type {WeakMap<HTMLElement, ChatRow>} */
  #rows = new WeakMap();
  /** @type {Line[]} */
  #lines = [];
  /** What had the focus last. @type {Element | null} */
  #focused = null;
  /** The one at which the Tab key stops. */
  #reached = "";
  #current = "";
  #isArchive = false;
  /** @type {Map<string, string>} the conversations in whose texts the words are → an excerpt */
  #found = new Map();
  #isSearching = false;
  #newest = new AbortController();
  #store;
  #on;

  /**
   * @param {Store | null} store
   * @param {object} on
   * @param {(record: ConversationRecord) => void} on.open
   * @param {(id: string, change: Partial<ConversationRecord>) => Promise<void>} on.change
   * @param {(record: ConversationRecord) => void} on.remove
   * @param {(id: string) => boolean} on.isWriting
   * @param {(id: string) => void} on.stop
   * @param {(record: ConversationRecord) => Promise<string>} on.markdown
   * @param {(key: string) => void} on.say to screen readers
   */
  constructor(store, on) {
    this.#store = store;
    this.#on = on;
    document.addEventListener("focusin", ({ target }) => {
      this.#focused = /** @type {Element} */ (target);
    });
    this.#wide.addEventListener("change", () => {
      this.#place();
      void this.begin();
    });
    this.#place();
    this.#toggle.addEventListener("click", () => void this.toggle());
    this.#drawer.addEventListener("click", ({ target }) => target === this.#drawer && this.#drawer.close());
    this.#search.addEventListener("input", () => this.#seek());
    this.#search.addEventListener("keydown", (event) => this.#searchKey(event));
    this.#switch.addEventListener("click", () => {
      this.#isArchive = !this.#isArchive;
      this.#draw();
    });
    this.#list.addEventListener("keydown", (event) => this.#listKey(event));
    this.#list.addEventListener("focusin", ({ target }) => this.#reach(keyOf(target) ?? ""));
  }

  /** Show the chats, where the list is at the side. */
  async begin() {
    if (this.#isSeen) await this.#load();
  }

  /** Unfold the list, or fold it away. */
  async toggle() {
    if (this.#drawer.open) this.#drawer.close();
    else if (this.#wide.matches) this.#fold();
    else await this.#openDrawer();
  }

  /** Have the list at hand, to search in it. */
  async search() {
    if (!this.#isSeen) await this.toggle();
    this.#search.focus();
  }

  /** @param {1 | -1} by further down the list, or up @returns {Promise<ConversationRecord | undefined>} the chat beside the open one */
  async beside(by) {
    await this.#load();
    const records = this.#groups().flatMap((group) => group.records);
    const at = records.findIndex(({ id }) => id === this.#current);
    return at < 0 && by < 0 ? undefined : records[Math.max(at + by, 0)];
  }

  /** @param {string} id of the open conversation, empty where it is new */
  set current(id) {
    if (id === this.#current) return;
    this.#current = id;
    this.#draw();
  }

  /** Show in which chats an answer is being written, and all in the language of now. */
  refresh() {
    this.#draw();
  }

  /** Something was written: here, in another tab, or by the sync. @param {Word} word */
  hear(word) {
    if ("personas" in word) return;
    this.#stale.add(word.conversation);
    this.#gathering ||= window.setTimeout(() => void this.#readStale(), GATHER_MS);
  }

  /** A chat is as good as removed. @param {string} id */
  hide(id) {
    this.#hidden.add(id);
    this.#draw();
  }

  /** And is not after all. @param {string} id */
  unhide(id) {
    this.#hidden.delete(id);
    this.#draw();
    if (this.#isSeen) this.#focus(id);
  }

  get #isSeen() {
    return this.#drawer.open || (this.#wide.matches && !isFolded());
  }

  /** Where the list belongs on a screen of this width. */
  #place() {
    const isWide = this.#wide.matches;
    // The browser may have taken the focus already from what is no longer seen.
    const { activeElement, body } = document;
    const hadFocus = this.#panel.contains(activeElement === body ? this.#focused : activeElement);
    if (isWide) this.#drawer.close();
    const place = isWide ? this.#side : this.#drawer;
    if (this.#panel.parentElement !== place) place.prepend(this.#panel);
    if (hadFocus) this.#toggle.focus();
    if (isWide) this.#toggle.setAttribute("aria-expanded", String(!isFolded()));
    else this.#toggle.removeAttribute("aria-expanded");
  }

  #fold() {
    const folded = document.documentElement.toggleAttribute("data-folded");
    saveLook({ folded });
    this.#toggle.setAttribute("aria-expanded", String(!folded));
    void this.begin();
  }

  async #openDrawer() {
    this.#drawer.showModal();
    this.#search.value = "";
    this.#seek();
    await this.#load();
  }

  async #load() {
    this.#loading ??= this.#read();
    await this.#loading;
    this.#draw();
  }

  async #read() {
    const records = (await this.#store?.list()) ?? [];
    this.#records = new Map(records.map((record) => [record.id, record]));
  }

  async #readStale() {
    this.#gathering = 0;
    // What is being read may be older.
    await this.#loading;
    const ids = [...this.#stale];
    this.#stale.clear();
    if (!this.#records) return;
    if (ids.length > MANY || !this.#isSeen) {
      this.#records = null;
      this.#loading = null;
      return this.begin();
    }
    for (const id of ids) {
      const record = await this.#store?.conversation(id);
      if (record) this.#records?.set(id, record);
      else this.#records?.delete(id);
    }
    this.#draw();
  }

  #seek() {
    this.#newest.abort();
    this.#newest = new AbortController();
    const { signal } = this.#newest;
    this.#found = new Map();
    const words = wordsOf(this.#search.value);
    const store = this.#store;
    this.#isSearching = store !== null && words.length > 0;
    this.#draw();
    if (!store || words.length === 0) return;
    const tell = (/** @type {Map<string, string>} */ found) => {
      this.#found = found;
      this.#draw();
    };
    setTimeout(async () => {
      if (!signal.aborted) await searchTexts(store, words, signal, tell);
      if (signal.aborted) return;
      this.#isSearching = false;
      this.#draw();
    }, PAUSE_MS);
  }

  /** @returns {Group[]} */
  #groups() {
    const all = [...(this.#records?.values() ?? [])].filter(({ id }) => !this.#hidden.has(id));
    const words = wordsOf(this.#search.value);
    if (words.length === 0) return grouped(all.filter(({ archived }) => archived === this.#isArchive));
    const [named, others] = [true, false].map((is) => all.filter(({ title }) => holds(title, words) === is));
    const texts = (others ?? []).filter(({ id }) => this.#found.has(id));
    return [
      { name: /** @type {const} */ ("titles"), records: newestFirst(named ?? []) },
      { name: /** @type {const} */ ("texts"), records: newestFirst(texts) },
    ].filter(({ records }) => records.length > 0);
  }

  #draw() {
    if (!this.#records || !this.#isSeen) return;
    this.#showSwitch();
    const groups = this.#groups();
    const before = this.#lines;
    const focused = keyOf(document.activeElement);
    this.#lines = groups.flatMap(({ name, records }) => [
      ...(name === "titles" ? [] : [heading(name)]),
      ...records.map((record) => this.#line(record)),
    ]);
    const keys = this.#lines.map(({ key }) => key);
    if (!keys.includes(this.#reached))
      this.#reached = keys.includes(this.#current) ? this.#current : (groups[0]?.records[0]?.id ?? "");
    this.#window.show(this.#lines, this.#reached);
    this.#showNote(groups);
    // The one that had it is gone: the next one has it, or the one before.
    if (focused && this.#list.isConnected && !keys.includes(focused) && before.some(({ key }) => key === focused)) {
      this.#focus(this.#rowNear(before.findIndex(({ key }) => key === focused)));
    }
  }

  /** How to get to those that are archived, where there are any, and back. */
  #showSwitch() {
    const count = [...(this.#records?.values() ?? [])].filter(
      ({ id, archived }) => archived && !this.#hidden.has(id),
    ).length;
    if (count === 0) {
      if (this.#switch === document.activeElement) this.#search.focus();
      this.#isArchive = false;
    }
    this.#title.dataset.i18n = this.#isArchive ? "chats.archived" : "chats.title";
    this.#title.textContent = t(this.#title.dataset.i18n);
    // A search looks through all.
    this.#switch.hidden = count === 0 || this.#search.value !== "";
    this.#switch.textContent = this.#isArchive ? t("chats.back") : t("chats.showArchived", { count });
  }

  /** @param {Group[]} groups */
  #showNote(groups) {
    const count = groups.reduce((sum, { records }) => sum + records.length, 0);
    const isSought = wordsOf(this.#search.value).length > 0;
    const found = this.#isSearching ? "chats.searching" : count > 0 ? "chats.found" : "chats.noMatch";
    const text = isSought ? t(found, { count }) : count === 0 ? t("chats.none") : "";
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }

  /** @param {ConversationRecord} record @returns {Line} */
  #line(record) {
    const { id } = record;
    const excerpt = this.#found.get(id) ?? "";
    return {
      key: id,
      height: ROW + (excerpt ? EXCERPT : 0),
      draw: (known) => {
        const row = (known && this.#rows.get(known)) ?? this.#row(id);
        row.show({ record, excerpt, isCurrent: id === this.#current, isWriting: this.#on.isWriting(id) });
        row.isReached = id === this.#reached;
        return row.element;
      },
    };
  }

  /** @param {string} id */
  #row(id) {
    const record = () => /** @type {ConversationRecord} */ (this.#records?.get(id));
    const row = new ChatRow({
      open: () => {
        this.#drawer.close();
        this.#on.open(record());
      },
      stop: () => this.#on.stop(id),
      menu: () => this.#openMenu(row, record()),
      rename: (title) => void this.#on.change(id, { title }),
    });
    this.#rows.set(row.element, row);
    return row;
  }

  /** @param {ChatRow} row @param {ConversationRecord} record */
  #openMenu(row, record) {
    const { id, title, pinned, archived } = record;
    const change = async (/** @type {string} */ said, /** @type {Partial<ConversationRecord>} */ what) => {
      await this.#on.change(id, what);
      this.#on.say(said);
    };
    this.#menu.open(row.more, t("chats.more", { title }), [
      { key: "chats.rename", choose: () => row.rename() },
      pinned
        ? { key: "chats.unpin", choose: () => void change("status.unpinned", { pinned: false }) }
        : { key: "chats.pin", choose: () => void change("status.pinned", { pinned: true }) },
      archived
        ? { key: "chats.unarchive", choose: () => void change("status.unarchived", { archived: false }) }
        : { key: "chats.archive", choose: () => void change("status.archived", { archived: true }) },
      { key: "chats.copy", choose: async () => copyFrom(row.more, await this.#on.markdown(record)) },
      {
        key: "chats.save",
        choose: async () => saveAs(markdownName(title), await this.#on.markdown(record)),
      },
      { key: "chats.delete", isGrave: true, choose: () => this.#on.remove(record) },
    ]);
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      this.#focus(this.#rowNear(0));
    } else if (event.key === "Escape" && this.#search.value !== "") {
      // Ends the search, and nothing else.
      event.preventDefault();
      event.stopPropagation();
      this.#search.value = "";
      this.#seek();
    }
  }

  /** @param {KeyboardEvent} event */
  #listKey(event) {
    const key = keyOf(event.target);
    if (key === null || event.target instanceof HTMLInputElement) return;
    const rows = this.#lines.filter((line) => !isHeading(line)).map((line) => line.key);
    const at = rows.indexOf(key);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) this.#search.focus();
    else this.#focus(rows[Math.min(to, rows.length - 1)]);
  }

  /** @param {string} key */
  #reach(key) {
    const lines = [this.#reached, key];
    this.#reached = key;
    for (const element of this.#list.children) {
      if (!(element instanceof HTMLElement) || !lines.includes(element.dataset.key ?? "")) continue;
      const row = this.#rows.get(element);
      if (row) row.isReached = element.dataset.key === key;
    }
  }

  /** @param {number} at a place in the list @returns {string | undefined} the chat there, or the nearest */
  #rowNear(at) {
    const isRow = (/** @type {Line} */ line) => !isHeading(line);
    return (this.#lines.slice(at).find(isRow) ?? this.#lines.slice(0, at).findLast(isRow))?.key;
  }

  /** @param {string | undefined} id of a chat; the search has the focus where it is not in the list */
  #focus(id) {
    const element = id === undefined ? undefined : this.#window.reveal(id);
    const row = element && this.#rows.get(element);
    if (row) row.focus();
    else this.#search.focus();
  }
}

function isFolded() {
  return document.documentElement.hasAttribute("data-folded");
}

/** @param {Group["name"]} name @returns {Line} */
function heading(name) {
  const draw = (/** @type {HTMLElement | undefined} */ known) => {
    const element = known ?? h("li", { class: "group" }, h("h3"));
    const text = typeof name === "number" ? formatMonth(name) : t(`chats.${name}`);
    element.firstElementChild?.replaceChildren(text);
    return element;
  };
  return { key: `${HEADING_KEY}${name}`, height: HEADING, draw };
}

/** No chat's id has it. */
const HEADING_KEY = "group:";

/** @param {Line} line */
function isHeading({ key }) {
  return key.startsWith(HEADING_KEY);
}
