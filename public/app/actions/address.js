/**
 * The chat that is open, in the page's address (`#/chat/<id>`): back, forward and bookmarks lead to it.
 *
 * @module
 */

const CHAT = /^#\/chat\/([\w-]+)$/;

/** @returns {string | null} the id of the chat in the address */
export function chatInAddress() {
  return CHAT.exec(location.hash)?.[1] ?? null;
}

/**
 * @param {string | null} id of a chat, null for a new one
 * @param {"push" | "replace"} how whether back leads to the one before
 */
export function putInAddress(id, how) {
  if (id === chatInAddress()) return;
  const address = location.pathname + location.search + (id === null ? "" : `#/chat/${id}`);
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

/** @param {(id: string | null) => void} on the chat in the address, where the person went back, forward, or wrote another */
export function watchAddress(on) {
  addEventListener("popstate", () => on(chatInAddress()));
}
