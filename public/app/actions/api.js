/**
 * The edge, as the page sees it: what it offers, and where to ask.
 *
 * @module
 */

/** @import { Budget, Config, Limits, Model, Verdict } from "../types.js" */

/** After this long without a call the Worker may have to start again, in milliseconds. */
const WARM_MS = 60_000;

export class Api {
  /** @type {Config} */
  config = {};
  /** @type {Model[]} */
  models = [];
  #warmedAt = 0;

  /** @param {string} origin */
  constructor(origin) {
    this.origin = origin;
  }

  get chatUrl() {
    return `${this.origin}/v1/chat/completions`;
  }

  /** @returns {Limits} */
  get limits() {
    return this.config.limits ?? {};
  }

  /** @returns {boolean} whether the guard reads answers that were written; also where that is not known yet */
  get mayJudge() {
    const { version, moderate_answers } = this.config;
    return version === undefined || moderate_answers === "after";
  }

  /** @returns {Promise<boolean>} whether the edge answered */
  async loadConfig() {
    this.#warmedAt = Date.now();
    const config = await this.#get("/api/config", "");
    if (config) this.config = config;
    return config !== null;
  }

  /** Start the Worker while the person types, so that the question finds it awake. */
  warm() {
    if (Date.now() - this.#warmedAt > WARM_MS) void this.loadConfig();
  }

  /** @param {string} token @returns {Promise<boolean>} whether there is a list */
  async loadModels(token) {
    const list = await this.#get("/v1/models", token);
    this.models = Array.isArray(list?.data)
      ? list.data.filter((/** @type {any} */ model) => typeof model?.id === "string")
      : [];
    return this.models.length > 0;
  }

  /** @param {string} token @returns {Promise<Budget[]>} none where there is no budget, or it can't be had */
  async loadBudgets(token) {
    return this.config.budget ? ((await this.#get("/api/budget", token))?.data ?? []) : [];
  }

  /** @param {string} id of a call @param {string} token @returns {Promise<Verdict | null>} of its answer; null where there is none, or not yet */
  async loadVerdict(id, token) {
    const told = await this.#get(`/api/verdicts/${encodeURIComponent(id)}`, token);
    if (typeof told?.verdict !== "string") return null;
    const { verdict, hidden, may_show } = told;
    const categories = Array.isArray(told.categories) ? told.categories.map(String) : [];
    return { verdict, categories, hidden: hidden === true, may_show: may_show === true };
  }

  /** @param {string | null} id @returns {number | null} tokens that the model holds, where known */
  windowOf(id) {
    const model = this.models.find((known) => known.id === id);
    return model?.context_window ?? model?.max_model_len ?? null;
  }

  /** @param {string | null} id @returns {boolean} whether the model takes pictures; also where that is not known */
  takesPictures(id) {
    return this.models.find((known) => known.id === id)?.supports_images_input !== false;
  }

  /**
   * @param {string} path
   * @param {string} token
   * @returns {Promise<any>} the body, null where there is none to be had
   */
  async #get(path, token) {
    try {
      const response = await fetch(this.origin + path, { headers: token ? { authorization: `Bearer ${token}` } : {} });
      return response.ok ? await response.json() : null;
    } catch {
      return null; // The page works without: the question itself will tell what is wrong.
    }
  }
}
