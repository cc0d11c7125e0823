/**
 * Puts the page together.
 *
 * @module
 */
import { chatInAddress, putInAddress, watchAddress } from "./actions/address.js";
import { Api } from "./actions/api.js";
import { Chat } from "./actions/chat.js";
import { fitsEdge } from "./actions/context.js";
import { toMarkdown } from "./actions/export.js";
import { ON_DEVICE, Sync } from "./actions/sync.js";
import { find } from "./elements/dom.js";
import { Follow } from "./elements/follow.js";
import { pickLanguage, t, translate, useLanguage } from "./elements/i18n.js";
import { loadStyle } from "./elements/style.js";
import { fitVisualViewport } from "./elements/viewport.js";
import { device, tab } from "./kept/device.js";
import { keepPage } from "./kept/page.js";
import { Removals } from "./kept/removals.js";
import { Personas } from "./kept/personas.js";
import { Saver } from "./kept/saver.js";
import { apiOrigin, forgetAll, keyFor, loadLook, loadSettings, watchTabs } from "./kept/settings.js";
import { Store } from "./kept/store.js";
import { askHow } from "./views/again-dialog.js";
import { Banner } from "./views/banner.js";
import { BudgetSign } from "./views/budget-sign.js";
import { ChatsPanel } from "./views/chats-panel.js";
import { CompareDialog } from "./views/compare-dialog.js";
import { Composer } from "./views/composer.js";
import { Elsewhere } from "./views/elsewhere.js";
import { KeptSign } from "./views/kept-sign.js";
import { ModelList } from "./views/model-list.js";
import { PersonaChooser } from "./views/persona-chooser.js";
import { PersonaEditor } from "./views/persona-editor.js";
import { QuoteButton } from "./views/quote-button.js";
import { usageLines } from "./views/room-usage.js";
import { SettingsPanel } from "./views/settings-panel.js";
import { Shortcuts } from "./views/shortcuts.js";
import { TransferSection } from "./views/transfer-section.js";
import { Transcript } from "./views/transcript.js";

/** @import { UsageDialog } from "./views/usage-dialog.js" */
/** @import { Conversation } from "./kept/conversation.js" */
/** @import { Word } from "./kept/store.js" */
/** @import { Character } from "./kept/personas.js" */
/** @import { ConversationRecord, Message, Persona, Picture } from "./types.js" */

const api = new Api(apiOrigin());
const settings = loadSettings(api.origin);
const currentKey = keyFor("current", api.origin);
const status = find("#status", HTMLElement);
const banner = new Banner();

const [store] = await Promise.all([
  Store.open(api.origin).catch(() => null),
  useLanguage(pickLanguage(loadLook().language)),
]);
const saver = new Saver(store, keyFor("rescue", api.origin), {
  failed: () => warn(t("storage.failed")),
  removed: (id) => chat.removed(id),
});
const removals = new Removals(store, keyFor("removing", api.origin));
const personas = new Personas(store, () => warn(t("storage.failed")));
const follow = new Follow(
  find("#scroller", HTMLElement),
  find("#transcript", HTMLElement),
  find("#to-end", HTMLButtonElement),
);
const transcript = new Transcript(
  find("#transcript", HTMLElement),
  {
    edit: (id, text) => void ask(() => chat.edit(id, text)),
    again: (id) => void (chat.isWriting() ? otherwise(id) : ask(() => chat.again(id))),
    otherwise: (id) => void otherwise(id),
    retry: (id) => void ask(() => chat.retry(id)),
    continue: (id) => void ask(() => chat.continue(id)),
    settings: () => panel.open(),
    models: () => models.open(),
    choose,
    compare: (id) => compareWith(chat.conversation.siblings(id), id),
    remove: (id) => void removeMessage(id),
    signature,
    copied: () => announce("status.copied"),
    unfocused: focusBox,
  },
  () => follow.keep(),
);
const chat = new Chat({
  api,
  settings,
  personas,
  store,
  saver,
  screen: { show, grow, writing, several, ended, covered: () => announce("status.covered"), removed, heard },
});
const comparison = new CompareDialog(() => chat.stop());
const composer = new Composer({
  draftKey: keyFor("draft", api.origin),
  onSend: send,
  onStop: () => chat.stop(),
  onType: typed,
  onAttached: attached,
  onNotAttached: warn,
});
const elsewhere = new Elsewhere(api.origin, () => sync?.start());
const models = new ModelList(api, settings, { asked: () => chat.asked, change: changeModel });
const chooser = new PersonaChooser(personas, { choose: choosePersona, edit: () => editor.open() });
const editor = new PersonaEditor(personas, api, { changed: showAll, removed: warn, unfocused: focusBox });
const panel = new SettingsPanel({ api, settings, on: { token: changeToken, language: changeLanguage } });
const chats = new ChatsPanel(store, {
  open: ({ id }) => void openAddressed(id),
  change: (id, change) => chat.change(id, change),
  remove: removeChat,
  isWriting: (id) => chat.isWriting(id),
  stop: (id) => chat.stop(id),
  markdown: async (record) => {
    const names = { user: t("you"), assistant: t("answer"), covered: t("covered.text") };
    return toMarkdown(await chat.load(record), names);
  },
  say: announce,
});
new TransferSection(store, {
  before: () => saver.flush(),
  isAtEdge: () => sync !== null && sync.state.kind !== "device",
  wipe,
});
new Shortcuts({
  startNew,
  search: () => chats.search(),
  list: () => chats.toggle(),
  previous: () => void openBeside(-1),
  next: () => void openBeside(1),
  write: () => composer.focus(),
  leave,
  copy: () => pressBelowLast("copy"),
  again: () => pressBelowLast("again"),
  settings: () => panel.open(),
});
const budget = new BudgetSign(() => api.loadBudgets(settings.token));
const sign = new KeptSign({ takeAlong, leave: leaveHere });
const sync =
  store &&
  new Sync({
    synced: store.synced,
    api,
    settings,
    on: { isTrusted: () => elsewhere.isTrusted, state: showKept, met: offerToTakeAlong, leaving: () => chat.leaving() },
  });
if (store) {
  store.onSaved = (isGrowth, word) => {
    sync?.saved(isGrowth);
    if (!isGrowth) chats.hear(word);
  };
}
new QuoteButton(find("#transcript", HTMLElement), (text) => composer.quote(text));

/** Once it has been asked for. @type {Promise<UsageDialog> | null} */
let loadingUsage = null;
/** @type {UsageDialog | null} */
let usageDialog = null;

/** @param {Conversation} conversation */
function show(conversation) {
  find("#empty", HTMLElement).hidden = !conversation.isEmpty;
  transcript.show(conversation);
  chooser.show(chat.persona);
  showModel();
  const { title } = conversation.record;
  document.title = title ? `${title} · ${t("title")}` : t("title");
  chats.current = conversation.isEmpty ? "" : conversation.id;
  if (conversation.isEmpty) return;
  device.setItem(currentKey, conversation.id);
  putInAddress(conversation.id, "replace");
}

/** @param {Message} message */
function grow(message) {
  transcript.grow(message);
  comparison.grow(message);
}

/** @param {Message[]} answers @param {string} current the id of the one that is shown */
function compareWith(answers, current) {
  comparison.open(answers, current, (chosen) => choose(chosen, current));
}

/** @param {Message[]} answers that have begun to be written */
function several(answers) {
  if (answers[0]) compareWith(answers, answers[0].id);
}

/** @param {"push" | "replace"} [how] whether back leads to the chat before */
function startNew(how = "push") {
  device.removeItem(currentKey);
  putInAddress(null, how);
  chat.startNew();
  follow.toStart();
  composer.focus();
}

/** @param {Word} word */
function heard(word) {
  chats.hear(word);
  if ("personas" in word) void adoptPersonas();
}

/** In another tab. @param {string} id of a conversation */
function removed(id) {
  if (id !== chat.conversation.id) return;
  startNew();
  warn(t("chats.gone"));
}

function writing() {
  const busy = chat.isWriting();
  if (busy && !composer.writing) announce("status.writing");
  composer.writing = busy;
  document.documentElement.toggleAttribute("data-writing", busy);
  document.documentElement.toggleAttribute("data-writing-elsewhere", chat.isWritingElsewhere);
  chats.refresh();
}

/** @param {Message} message */
function ended(message) {
  const kind = message.ending?.kind ?? "done";
  announce(kind === "done" ? "status.done" : kind === "stopped" ? "status.stopped" : "status.ended");
  budget.refresh();
}

/** Said to screen readers, once. @param {string} key */
function announce(key) {
  status.textContent = t(key);
}

/** @param {string} text shown above the message box, empty for nothing @param {...Node} more */
function warn(text, ...more) {
  banner.show(text, ...more);
}

/** @param {string} text @param {Picture[]} pictures @returns {boolean} whether they are on their way */
function send(text, pictures) {
  const problem = problemOf(text, pictures);
  if (problem !== "") {
    warn(problem);
    return false;
  }
  if (!elsewhere.isTrusted) {
    void elsewhere.confirm().then((isConfirmed) => (isConfirmed ? composer.submit() : undefined));
    return false;
  }
  if (api.config.token_required && settings.token === "") {
    warn(t("token.needed"));
    panel.open("token");
    return false;
  }
  void ask(() => chat.send(text, pictures));
  return true;
}

/** @param {string} text @param {Picture[]} pictures @returns {string} why they can't be sent, empty where they can */
function problemOf(text, pictures) {
  const { limits } = api;
  const chars = limits.max_message_chars ?? Infinity;
  if (text.length > chars) return t("input.tooLong", { count: text.length, limit: chars });
  if (pictures.length > 0 && !api.takesPictures(chosenModel())) return t("attach.noPictures");
  if (fitsEdge({ content: text, pictures, system: chat.asked.system, limits })) return "";
  return t("input.tooLarge", { limit: (limits.max_body_bytes ?? 0) / 1e6 });
}

/** @param {() => Promise<void>} question */
async function ask(question) {
  if (!elsewhere.isTrusted && !(await elsewhere.confirm())) return;
  warn("");
  focusBox();
  follow.toEnd();
  void question();
  follow.toEnd();
}

/** Where that brings no keyboard onto the screen. */
function focusBox() {
  if (matchMedia("(hover: hover)").matches) composer.focus();
}

/** Show a version in the place of another: what is pressed to switch stays where it is. @param {string} id @param {string} shown */
function choose(id, shown) {
  const { top } = transcript.foot(shown).getBoundingClientRect();
  chat.choose(id);
  follow.hold(transcript.foot(id), top);
}

/** @param {string} id of a message */
async function removeMessage(id) {
  const { conversation } = chat;
  const taken = await chat.take(id);
  announce("status.removed");
  banner.offerUndo(t("removed", { count: taken.gone.length }), () => {
    void chat.putBack(conversation, taken);
    focusBox();
  });
}

/** Not for good before that can't be undone any more. @param {ConversationRecord} record */
function removeChat({ id }) {
  const wasOpen = id === chat.conversation.id;
  chat.stop(id);
  chats.hide(id);
  if (wasOpen) startNew();
  banner.offerUndo(
    t("chats.removed"),
    () => {
      chats.unhide(id);
      if (wasOpen) void openAddressed(id);
      if (document.activeElement === document.body) focusBox();
    },
    () => {
      if (id === chat.conversation.id) startNew("replace");
      void removals.remove(id);
    },
  );
}

/** @param {string} id of an answer */
async function otherwise(id) {
  const { facts } = chat.conversation.get(id);
  const choice = await askHow(api.models, {
    model: facts?.model ?? chosenModel(),
    temperature: facts?.temperature ?? chat.asked.temperature,
  });
  if (choice) void ask(() => chat.again(id, choice));
}

/** @param {string} text */
function typed(text) {
  api.warm();
  if (text.length <= (api.limits.max_message_chars ?? Infinity)) warn("");
}

function attached() {
  warn("");
  announce("status.attached");
}

/** @returns {string | null} null where that is not known */
function chosenModel() {
  return chat.asked.model ?? api.config.default_model ?? null;
}

function showModel() {
  models.refresh();
  showTray();
}

/** Whether pictures can be attached is a matter of the model. */
function showTray() {
  composer.tray.show({
    takesPictures: api.takesPictures(chosenModel()),
    maxBytes: api.limits.max_body_bytes ?? Infinity,
  });
}

function showKept() {
  sign.show(sync?.state ?? ON_DEVICE, api.config);
}

async function offerToTakeAlong() {
  if (store) sign.offer(await store.synced.offered());
}

async function takeAlong() {
  sign.offer(0);
  await store?.synced.takeAlong();
  sync?.saved(false);
  focusBox();
}

async function leaveHere() {
  sign.offer(0);
  await store?.synced.leave();
  focusBox();
}

async function loadModels() {
  models.loaded = await api.loadModels(elsewhere.isTrusted ? settings.token : "");
  showModel();
}

/** Personas were changed in another tab, or on another device. */
async function adoptPersonas() {
  await personas.load();
  showAll();
}

/** @param {Persona | Character | null} character one that is not kept yet is from now on */
async function choosePersona(character) {
  const isKept = character === null || "id" in character;
  chat.setPersona(isKept ? character : await personas.add(character));
}

/** @param {Message} message @returns {string} */
function signature({ persona }) {
  const by = personas.find(persona);
  return by ? `${by.avatar} ${by.name}` : "";
}

function changeModel() {
  chat.modelChosen();
  showTray();
}

/** Another tab has changed the settings. */
function adoptSettings() {
  const { token } = settings;
  Object.assign(settings, loadSettings(api.origin));
  panel.refresh();
  showModel();
  if (settings.token !== token) void changeToken();
}

async function changeToken() {
  sync?.start();
  await loadModels();
}

async function changeLanguage() {
  await useLanguage(pickLanguage(loadLook().language));
  showAll();
}

function showAll() {
  elsewhere.show();
  panel.refresh();
  editor.refresh();
  usageDialog?.refresh();
  showKept();
  show(chat.conversation);
  chats.refresh();
  translate(find("#transcript", HTMLElement));
}

async function openUsage() {
  const note = find("#usage-note", HTMLElement);
  note.textContent = "";
  loadingUsage ??= loadUsage();
  try {
    usageDialog = await loadingUsage;
  } catch {
    loadingUsage = null;
    note.textContent = t("usage.notLoaded");
  }
  usageDialog?.open();
}

async function loadUsage() {
  const [{ UsageDialog }] = await Promise.all([import("./views/usage-dialog.js"), loadStyle("vendor/usage.css")]);
  const token = () => (elsewhere.isTrusted ? settings.token : "");
  return new UsageDialog(api.origin, { token, settings: () => panel.open("token") });
}

/** @param {ConversationRecord} record */
async function open(record) {
  putInAddress(record.id, "push");
  await chat.open(record);
  follow.toEnd();
}

/** @param {1 | -1} by to the next chat of the list, or to the one before */
async function openBeside(by) {
  const record = await chats.beside(by);
  if (record) await openAddressed(record.id);
}

/** @param {string} label of a button below the last answer */
function pressBelowLast(label) {
  const answer = chat.conversation.path().findLast(({ role }) => role === "assistant");
  const button = answer && transcript.foot(answer.id).querySelector(`[data-i18n-label="${label}"]`);
  if (button instanceof HTMLButtonElement) button.click();
}

/** Stop what is being written; where nothing is, leave the message box, for keys that mean something beside it. */
function leave() {
  if (chat.isWriting()) chat.stop();
  else if (composer.isFocused) find("#scroller", HTMLElement).focus({ preventScroll: true });
}

/** Delete everything on this device. @param {boolean} edgeToo */
async function wipe(edgeToo) {
  if (edgeToo && !(await sync?.clear())) return warn(t("wipe.failed"));
  await chat.stopAll();
  await saver.flush();
  await store?.clear();
  forgetAll(api.origin);
  location.replace(location.pathname + location.search);
}

/** The chat that was chosen, or is in the address, which may have been followed from elsewhere. @param {string | null} id */
async function openAddressed(id) {
  if (id === chat.conversation.id) return;
  await saver.flush();
  const record = id === null ? undefined : await store?.conversation(id);
  if (record) return open(record);
  startNew("replace");
  if (id !== null) warn(t("chats.unknown"));
}

async function openLast() {
  const addressed = chatInAddress();
  if (addressed) return openAddressed(addressed);
  const record = await store?.conversation(device.getItem(currentKey) ?? "");
  if (!record) return;
  putInAddress(record.id, "replace");
  await open(record);
}

async function meetEdge() {
  const answers = await api.loadConfig();
  if (!answers) warn(t("api.silent"));
  else if (api.config.token_required && settings.token === "") warn(t("token.needed"));
  showModel();
  showKept();
  panel.refresh();
  sync?.start();
  await loadModels();
}

find("#examples", HTMLElement).addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  composer.text = target.textContent;
  composer.focus();
});
find("#open-settings", HTMLButtonElement).addEventListener("click", () => panel.open());
find("#open-usage", HTMLButtonElement).addEventListener("click", () => void openUsage());
find("#room", HTMLElement).addEventListener("beforetoggle", () => {
  const usage = find("#room-usage", HTMLElement);
  usage.replaceChildren(...usageLines(chat.conversation.messages));
  usage.hidden = usage.childElementCount === 0;
});
find("#new-chat", HTMLButtonElement).addEventListener("click", () => startNew());
addEventListener("beforeunload", () => chat.leave());
watchAddress((id) => void openAddressed(id));
watchTabs(api.origin, { settings: adoptSettings, look: () => panel.adoptLook() });

fitVisualViewport();
for (const kept of [device, tab]) kept.onRefusal = () => warn(t("storage.full"));
if (!store || !device.works) warn(t("storage.failed"));
await personas.load();
showAll();
await saver.recover();
await removals.recover();
await openLast();
focusBox();
await chats.begin();
document.documentElement.dataset.ready = "";
await meetEdge();
await keepPage();
