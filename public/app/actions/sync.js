/**
 * Carries what changes on this device to the edge, and what changes there to this device, beside the page's own saving: nothing else waits
 * for it. What can't go out waits in the outbox.
 *
 * @module
 */

/** @import { Api } from "./api.js" */
/** @import { Settings } from "../kept/settings.js" */
/** @import { Synced } from "../kept/synced.js" */
/** @import { Change, SyncState } from "../types.js" */

/** How long an answer may grow before its growth goes out, in milliseconds. */
const GENTLY_MS = 2_500;
/** How often a page that is seen asks what is new, */
const POLL_MS = 4_000;
/** and how often where nobody has touched it for a while. */
const IDLE_POLL_MS = 30_000;
const IDLE_AFTER_MS = 180_000;
const LONGEST_WAIT_MS = 60_000;
/** What takes longer is tried again. */
const PATIENCE_MS = 30_000;
/** Browsers let a page that goes away send 64 KiB in all. */
const LAST_WORDS_BYTES = 60_000;

/** Where there is no history. @type {SyncState} */
export const ON_DEVICE = { kind: "device", waiting: 0, refusal: null };

/** The codes of an edge that keeps no history, or not yet. */
const NO_HISTORY = ["history_off", "not_configured"];

/** The edge answered, and not with what was asked for. */
class Refused extends Error {
  /** @param {Response} response @param {string} [code] of the error */
  constructor({ status, headers }, code = "") {
    super(code);
    /** Whether there is nothing to be had here, with this token or none. */
    this.isFinal = status === 401 || NO_HISTORY.includes(code);
    /** In milliseconds. */
    this.retryAfter = Number(headers.get("retry-after") ?? 0) * 1_000 || 0;
  }
}

export class Sync {
  #synced;
  #api;
  #settings;
  #on;
  #isOn = false;
  /** Whether the edge knows whose all this is: its first answer may set the cookie that says so. */
  #isMet = false;
  #failures = 0;
  #pullAt = 0;
  #touchedAt = Date.now();
  #due = Infinity;
  #timer = 0;
  #wake = () => {};
  state = ON_DEVICE;

  /**
   * @param {object} parts
   * @param {Synced} parts.synced
   * @param {Api} parts.api
   * @param {Settings} parts.settings
   * @param {object} parts.on
   * @param {() => boolean} parts.on.isTrusted whether anything may be sent to the edge's address
   * @param {() => void} parts.on.state it has changed
   * @param {() => void} parts.on.met the edge has said whose history this is, or that it is another's
   * @param {() => Change[]} parts.on.leaving what may not be at the edge, as it is now
   */
  constructor({ synced, api, settings, on }) {
    this.#synced = synced;
    this.#api = api;
    this.#settings = settings;
    this.#on = on;
    for (const event of ["focus", "online"]) addEventListener(event, () => this.#look());
    for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => this.#touch(), { passive: true });
    document.addEventListener("visibilitychange", () => this.#look());
    addEventListener("pagehide", () => this.#sayLastWords());
  }

  /** Begin, or look again whether there is a history: when the edge has told about itself, and when the token is another. */
  start() {
    const { config, origin } = this.#api;
    const isOpen = origin === location.origin && !config.token_required;
    const isKnown = isOpen || this.#settings.token !== "";
    const isOn = config.history === true && isKnown && this.#on.isTrusted();
    this.#isMet = false;
    this.#look();
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    if (isOn) void this.#run();
    else this.#show(ON_DEVICE);
  }

  /** Delete the whole history at the edge, and carry nothing more there. @returns {Promise<boolean>} whether it is gone */
  async clear() {
    try {
      await this.#call("DELETE", "/api/history");
    } catch {
      return false;
    }
    this.#stop();
    return true;
  }

  /** Something was saved on this device. @param {boolean} isGrowth whether it is only an answer that grows */
  saved(isGrowth) {
    if (!this.#isOn) return;
    if (this.state.kind === "everywhere") this.#show({ ...this.state, kind: "saving" });
    // What fails is tried again in its own time.
    if (this.#failures === 0) this.#within(isGrowth ? GENTLY_MS : 0);
  }

  async #run() {
    while (this.#isOn) {
      this.#due = Infinity;
      try {
        await alone(this.#api.origin, () => this.#carry());
        this.#failures = 0;
      } catch (error) {
        if (error instanceof Refused && error.isFinal) return this.#stop();
        this.#fail(error);
      }
      await this.#showState();
      await this.#rest();
    }
  }

  #stop() {
    this.#isOn = false;
    this.#show(ON_DEVICE);
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#failures += 1;
    const asked = error instanceof Refused ? error.retryAfter : 0;
    this.#within(Math.max(asked, Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.#failures)));
  }

  async #carry() {
    if (!this.#isMet) await this.#pull();
    for (let batch = await this.#synced.batch(); batch.length > 0; batch = await this.#synced.batch()) {
      const { results } = await this.#call("POST", "/api/changes", {
        changes: batch.map(({ kind, value }) => ({ kind, value })),
      });
      await this.#synced.settle(batch, results);
    }
    if (performance.now() >= this.#pullAt) await this.#pull();
  }

  async #pull() {
    for (let more = true; more; ) {
      const page = await this.#call("GET", `/api/changes?since=${await this.#synced.cursor()}`);
      more = (await this.#synced.adopt(page)) || page.more;
      if (!this.#isMet) this.#on.met();
      this.#isMet = true;
    }
    this.#pullAt = performance.now() + this.#pollMs;
  }

  get #pollMs() {
    return Date.now() - this.#touchedAt > IDLE_AFTER_MS ? IDLE_POLL_MS : POLL_MS;
  }

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async #call(method, path, body) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(this.#api.origin + path, { ...this.#request(method, body), signal });
    if (!response.ok) throw new Refused(response, (await response.json().catch(() => null))?.error?.code);
    return await response.json();
  }

  /** @param {string} method @param {object} [body] @returns {RequestInit} */
  #request(method, body) {
    const { token } = this.#settings;
    return {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { "content-type": "application/json" } : {}),
      },
      cache: "no-store",
      ...(body ? { body: JSON.stringify(body) } : {}),
    };
  }

  /** The page goes away, and what it does next is not waited for. */
  #sayLastWords() {
    if (!this.#isOn || !this.#isMet) return;
    let bytes = 0;
    const fitting = this.#on.leaving().filter((change) => {
      bytes += new Blob([JSON.stringify(change)]).size + 1;
      return bytes < LAST_WORDS_BYTES;
    });
    if (fitting.length === 0) return;
    const request = { ...this.#request("POST", { changes: fitting }), keepalive: true };
    fetch(`${this.#api.origin}/api/changes`, request).catch(() => {});
  }

  /** The person is here, or the network is: see at once what is new. */
  #look() {
    if (document.visibilityState !== "visible") return;
    this.#pullAt = 0;
    this.#within(0);
  }

  #touch() {
    const wasIdle = this.#pollMs === IDLE_POLL_MS;
    this.#touchedAt = Date.now();
    if (wasIdle) this.#look();
  }

  /** Until there is something to do. */
  #rest() {
    if (document.visibilityState === "visible" && this.#failures === 0) this.#within(this.#pullAt - performance.now());
    const { promise, resolve } = Promise.withResolvers();
    this.#wake = () => resolve(undefined);
    this.#arm();
    return promise;
  }

  /** @param {number} ms do something after so long at most */
  #within(ms) {
    this.#due = Math.min(this.#due, performance.now() + ms);
    this.#arm();
  }

  #arm() {
    clearTimeout(this.#timer);
    if (this.#due < Infinity) this.#timer = window.setTimeout(() => this.#wake(), this.#due - performance.now());
  }

  async #showState() {
    const { waiting, refusal } = await this.#synced.waiting();
    const kind = this.#failures > 0 ? "waiting" : waiting > 0 ? "saving" : refusal ? "refused" : "everywhere";
    if (this.#isOn) this.#show({ kind, waiting, refusal });
  }

  /** @param {SyncState} state */
  #show(state) {
    this.state = state;
    this.#on.state();
  }
}

/** One tab at a time, where the browser has locks. @param {string} origin @param {() => Promise<void>} work */
async function alone(origin, work) {
  if (!navigator.locks) return work();
  await navigator.locks.request(`ionet-edge:sync:${origin}`, work);
}
