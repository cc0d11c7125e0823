/**
 * What the person has chosen, kept on this device.
 *
 * Token, model, system prompt and temperature belong to the address they were entered for: a link with `?api=` must not make the
 * page send them anywhere else.
 *
 * Other tabs change them too: what is written is one choice, never all that this tab remembers.
 *
 * @module
 */
import { device, tab } from "./device.js";

/**
 * @typedef {object} Settings
 * @property {string} token
 * @property {string | null} model null for the edge's default
 * @property {string[]} also further models that are asked the same, beside it
 * @property {number | null} temperature null for the model's default
 * @property {string} system
 */

/**
 * @typedef {object} Look
 * @property {"light" | "dark" | null} theme null for the system's
 * @property {string | null} language null for the browser's
 * @property {boolean} singleKeys whether a key alone does something
 * @property {boolean} folded whether the list of chats is folded away where there is room for it at the side
 */

/** @type {Settings} */
const DEFAULTS = { token: "", model: null, also: [], temperature: null, system: "" };

/** @type {Look} */
const DEFAULT_LOOK = { theme: null, language: null, folded: false, singleKeys: true };

// boot.js reads this one before the page is painted.
const LOOK = "ionet-edge:look";
const API = "ionet-edge:api";

/**
 * The API's origin: `?api=` for this visit, else the one set by hand, else the page's own.
 *
 * @returns {string}
 */
export function apiOrigin(page = location, storage = device) {
  const wanted = new URL(page.href).searchParams.get("api") ?? storage.getItem(API) ?? "";
  return parseOrigin(wanted) ?? page.origin;
}

/** @param {string} text @returns {string | null} the origin of an http(s) address */
export function parseOrigin(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && ["https:", "http:"].includes(url.protocol) ? url.origin : null;
}

/** @param {string | null} origin null for the page's own */
export function rememberApi(origin, storage = device) {
  if (origin === null) storage.removeItem(API);
  else storage.setItem(API, origin);
}

/**
 * Whether what is typed may be sent there: to the page's own address, to one that was entered by hand, or to one that was confirmed.
 *
 * @param {string} api its origin
 */
export function isTrusted(api, own = location.origin, storage = device) {
  return api === own || api === storage.getItem(API) || storage.getItem(keyFor("trusted", api, own)) !== null;
}

/** @param {string} api its origin, which the person has confirmed */
export function trust(api, own = location.origin, storage = device) {
  storage.setItem(keyFor("trusted", api, own), "true");
}

/** The key or name under which something of this API is kept. @param {string} name @param {string} api its origin */
export function keyFor(name, api, own = location.origin) {
  return api === own ? `ionet-edge:${name}` : `ionet-edge:${name}:${api}`;
}

/** @param {string} api @returns {Settings} */
export function loadSettings(api, storage = device) {
  return { ...DEFAULTS, ...read(keyFor("settings", api), storage) };
}

/** @param {string} api @param {Partial<Settings>} change */
export function saveSettings(api, change, storage = device) {
  storage.setItem(keyFor("settings", api), JSON.stringify({ ...loadSettings(api, storage), ...change }));
}

/** @returns {Look} */
export function loadLook(storage = device) {
  return { ...DEFAULT_LOOK, ...read(LOOK, storage) };
}

/** @param {Partial<Look>} change */
export function saveLook(change, storage = device) {
  storage.setItem(LOOK, JSON.stringify({ ...loadLook(storage), ...change }));
}

/**
 * Forget all that is kept for this API: settings, token, drafts, what is trusted.
 *
 * @param {string} api its origin
 */
export function forgetAll(api, own = location.origin) {
  for (const kept of [device, tab]) for (const name of kept.names("ionet-edge:")) if (isOf(name)) kept.removeItem(name);

  /** @param {string} name */
  function isOf(name) {
    const [, origin] = /^ionet-edge:[a-z]+:(https?:[^#]*)/.exec(name) ?? [];
    return (origin ?? own) === api;
  }
}

/**
 * Learn what is changed in other tabs.
 *
 * @param {string} api
 * @param {{ settings: () => void, look: () => void }} on
 */
export function watchTabs(api, on) {
  const settings = keyFor("settings", api);
  addEventListener("storage", ({ key }) => {
    // No key: all was cleared.
    if (key === settings || key === null) on.settings();
    if (key === LOOK || key === null) on.look();
  });
}

/** @param {string} key @param {Pick<Storage, "getItem">} storage @returns {object} */
function read(key, storage) {
  try {
    return JSON.parse(storage.getItem(key) ?? "{}");
  } catch {
    return {};
  }
}
