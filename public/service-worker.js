/**
 * Keeps the page itself on the device, so that it opens without a connection, with the chats that are there. Nothing of the API is
 * looked at or kept: what is not in the list of the page's files goes its way as if this were not here.
 *
 * With a connection the page comes from the network, as ever, and so a new deployment is seen at once. Without one, or where the
 * server fails, it comes from here, and then all of its files do: each kept page is a version of its own, every file of which was
 * checked against its hash, so that no page is made of two.
 *
 * @module
 */
import { FILES, LATER, VERSION } from "./vendor/shell.js";

/** @typedef {Event & { waitUntil(work: Promise<unknown>): void }} Extendable */
/** @typedef {Extendable & { request: Request, clientId: string, resultingClientId: string, respondWith(response: Promise<Response>): void }} Fetching */
/** @typedef {{ matchAll(options: object): Promise<{ id: string }[]>, claim(): Promise<void> }} Clients */

const worker = /** @type {{ clients: Clients, skipWaiting(): Promise<void> }} */ (/** @type {unknown} */ (self));

const PREFIX = "ionet-edge:page:";
const CACHE = PREFIX + VERSION;
/** Which open pages were served from here: their ids → the cache. Kept, because the browser ends this worker when it is idle. */
const SERVED = "ionet-edge:served";

/** So long the network may take to begin, in milliseconds. */
const PATIENCE_MS = 4000;

/** @type {Record<string, string>} */
const ALL = { ...FILES, ...LATER };
const HERE = new URL("./", self.location.href).href;

/** What SERVED holds, once it has been read. @type {Map<string, string> | null} */
let served = null;
const reading = readServed().then((found) => {
  served = found;
  return found;
});

self.addEventListener("install", (event) => {
  void worker.skipWaiting();
  /** @type {Extendable} */ (event).waitUntil(keepAll());
});

self.addEventListener("activate", (event) => {
  /** @type {Extendable} */ (event).waitUntil(Promise.all([worker.clients.claim(), forget()]));
});

self.addEventListener("fetch", (untyped) => {
  const event = /** @type {Fetching} */ (untyped);
  const { request, clientId } = event;
  const path = pathOf(request);
  if (path === null) return;
  if (request.mode === "navigate") event.respondWith(open(event));
  else if (served === null || served.has(clientId)) event.respondWith(answer(request, path, clientId));
  else if (path in LATER) event.waitUntil(keep(path).catch(() => {}));
});

/** @param {Request} request @returns {string | null} the file of the page that is asked for, as the list names it */
function pathOf({ method, mode, url }) {
  if (method !== "GET" || !url.startsWith(HERE)) return null;
  const { origin, pathname, search } = new URL(url);
  const path = `./${(origin + pathname).slice(HERE.length)}`;
  // The address of the page may have a query; nothing else of it does.
  const isFile = mode === "navigate" ? path === "./" : search === "" && path !== "./" && path in ALL;
  return isFile ? path : null;
}

/** The page, from the network where that answers. @param {Fetching} event @returns {Promise<Response>} */
async function open({ request, resultingClientId }) {
  const network = fetch(request);
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS));
  const response = await Promise.race([network, late]).catch(() => null);
  if (response !== null && response.status < 500) return response;
  const kept = await (await caches.open(CACHE)).match("./");
  if (!kept) return response ?? network;
  (await reading).set(resultingClientId, CACHE);
  await (await caches.open(SERVED)).put(`./${resultingClientId}`, new Response(CACHE));
  return kept;
}

/** @param {Request} request @param {string} path @param {string} clientId @returns {Promise<Response>} */
async function answer(request, path, clientId) {
  const name = (await reading).get(clientId);
  if (name === undefined) return fetch(request);
  // What was not needed before may still be had, if it is the same.
  if (name === CACHE) await keep(path).catch(() => {});
  return (await (await caches.open(name)).match(path)) ?? Response.error();
}

/** All or nothing. */
async function keepAll() {
  const kept = await Promise.allSettled(Object.keys(FILES).map(keep));
  const failed = kept.find(({ status }) => status === "rejected");
  if (!failed) return;
  await caches.delete(CACHE);
  throw failed;
}

/** @param {string} path of a file, which is kept only if it is what the list says; rejects otherwise */
async function keep(path) {
  const cache = await caches.open(CACHE);
  if (await cache.match(path)) return;
  // The page has just loaded most of them: the server is asked whether they have changed, and sends only those that have.
  await cache.put(path, await fetch(path, { integrity: ALL[path] ?? "", cache: "no-cache" }));
}

/** @returns {Promise<Map<string, string>>} */
async function readServed() {
  const cache = await caches.open(SERVED);
  const found = new Map();
  for (const key of await cache.keys()) found.set(key.url.slice(HERE.length), await (await cache.match(key))?.text());
  return found;
}

/** Remove what no open page needs any more. */
async function forget() {
  const open = new Set((await worker.clients.matchAll({ includeUncontrolled: true })).map(({ id }) => id));
  const cache = await caches.open(SERVED);
  const found = await reading;
  for (const id of found.keys()) {
    if (open.has(id)) continue;
    found.delete(id);
    await cache.delete(`./${id}`);
  }
  const needed = new Set([CACHE, ...found.values()]);
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && !needed.has(name)) await caches.delete(name);
}
