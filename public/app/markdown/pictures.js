/**
 * Pictures of an answer: a link, and a button that shows the pictures of its host in their places, for as long as the page is open.
 *
 * The page's policy lets no markup load a picture from elsewhere. What a person asks for is fetched, without cookies or a referrer, and
 * shown only where it is a picture of plain points: https://developer.mozilla.org/docs/Web/Media/Guides/Formats/Image_types
 *
 * @module
 */
import { h, icon } from "../elements/dom.js";
import { t } from "../elements/i18n.js";

const TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

const MAX_BYTES = 20_000_000;
const TIMEOUT_MS = 30_000;

/** @type {Set<string>} hosts whose pictures are shown */
const hosts = new Set();

/** What the buttons on the page do. @type {WeakMap<Element, () => void>} */
const loads = new WeakMap();

/**
 * @param {HTMLAnchorElement} link with the picture's description as its text
 * @param {boolean} settled it stays: worth loading
 */
export function decoratePicture(link, settled) {
  const description = link.textContent ?? "";
  const words = h("span", { "data-i18n": "picture" }, t("picture"));
  link.classList.add("picture");
  link.replaceChildren(
    icon("picture"),
    h("span", {}, words, description && `: ${description}`, " ", h("span", { class: "host" }, link.hostname)),
  );
  if (link.protocol !== "https:") return;
  const place = h("span", { class: "picture-place" });
  link.replaceWith(place);
  place.append(link, loader(link, description));
  if (settled && hosts.has(link.host)) void load(link, description);
}

/** @param {HTMLAnchorElement} link @param {string} description @returns {HTMLButtonElement} */
function loader(link, description) {
  const onclick = () => {
    hosts.add(link.host);
    for (const other of document.querySelectorAll(".picture-load")) {
      if (other instanceof HTMLElement && other.dataset.host === link.host) loads.get(other)?.();
    }
  };
  const button = h(
    "button",
    { type: "button", class: "picture-load quiet", "data-host": link.host, onclick },
    h("span", { "data-i18n": "picture.load" }, t("picture.load")),
    h("span", { class: "visually-hidden" }, ` ${link.hostname}`),
  );
  loads.set(button, () => void load(link, description));
  return button;
}

/** @param {HTMLAnchorElement} link beside its button @param {string} description */
async function load(link, description) {
  const button = link.nextElementSibling;
  if (!button) return;
  loads.delete(button);
  button.setAttribute("aria-disabled", "true");
  const hadFocus = () => button === document.activeElement;
  try {
    const picture = await fetchPicture(link.href);
    const image = await imageOf(picture, description || t("picture.unnamed"));
    link.classList.replace("picture", "picture-shown");
    link.replaceChildren(image);
    if (hadFocus()) link.focus({ preventScroll: true });
    button.remove();
  } catch {
    if (hadFocus()) link.focus({ preventScroll: true });
    button.replaceWith(h("span", { class: "note", "data-i18n": "picture.refused" }, t("picture.refused")));
  }
}

/** @param {string} address @returns {Promise<Blob>} throws where it can't be had, is no picture or too large */
async function fetchPicture(address) {
  const response = await fetch(address, {
    credentials: "omit",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const type = (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!response.ok || !response.body || !TYPES.has(type)) {
    await response.body?.cancel();
    throw new Error(`no picture: ${response.status} ${type}`);
  }
  let bytes = 0;
  const bounded = new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BYTES) controller.error(new Error("too large"));
      else controller.enqueue(chunk);
    },
  });
  const body = await new Response(response.body.pipeThrough(bounded)).arrayBuffer();
  return new Blob([body], { type });
}

/** @param {Blob} picture @param {string} alt @returns {Promise<HTMLImageElement>} which no longer needs its address */
async function imageOf(picture, alt) {
  const src = URL.createObjectURL(picture);
  try {
    const image = h("img", { src, alt });
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(src);
  }
}
