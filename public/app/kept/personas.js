/**
 * The person's personas, as this page knows them.
 *
 * @module
 */
import { newId } from "./id.js";

/** @import { Persona } from "../types.js" */
/** @import { Store } from "./store.js" */

/** What a person says of a persona. @typedef {Pick<Persona, "name" | "avatar" | "prompt" | "model" | "temperature">} Character */

export class Personas {
  /** @type {Persona[]} in the order in which they were made */
  all = [];
  #store;
  #onFailure;

  /** @param {Store | null} store null where the browser keeps nothing: they are gone with the page then @param {() => void} onFailure */
  constructor(store, onFailure) {
    this.#store = store;
    this.#onFailure = onFailure;
  }

  /** Read them anew: another tab, or another device, has changed some. */
  async load() {
    if (this.#store) this.all = await this.#store.personas();
  }

  /** @param {string | null} id @returns {Persona | null} null where it is nobody's, or was deleted */
  find(id) {
    return this.all.find((persona) => persona.id === id) ?? null;
  }

  /** @param {Character} character @returns {Promise<Persona>} */
  async add(character) {
    const created = Math.max(Date.now(), (this.all.at(-1)?.created ?? 0) + 1);
    const { name, avatar, prompt, model, temperature } = character;
    const persona = { id: newId(), name, avatar, prompt, model, temperature, created, updated: created, version: 0 };
    await this.#save(persona);
    return persona;
  }

  /**
   * A new version of one, where anything differs; or a new one.
   *
   * @param {string | null} id null for a new one; one that was deleted meanwhile is new, too
   * @param {Character} character
   * @returns {Promise<Persona>} as it is now
   */
  async keep(id, character) {
    const before = this.find(id);
    if (!before) return await this.add(character);
    if (isSameCharacter(before, character)) return before;
    const persona = { ...before, ...character, updated: Date.now() };
    await this.#save(persona);
    return persona;
  }

  /** @param {Persona} persona @returns {Promise<() => Promise<void>>} undoes it */
  async remove(persona) {
    const gone = { ...persona };
    this.all = this.all.filter(({ id }) => id !== persona.id);
    await this.#store?.removePersona(gone).catch(this.#onFailure);
    return () => this.#save(gone);
  }

  /** @param {Persona} persona its version grows */
  async #save(persona) {
    if (this.#store) await this.#store.savePersona(persona).catch(this.#onFailure);
    else persona.version += 1;
    const others = this.all.filter(({ id }) => id !== persona.id);
    this.all = [...others, persona].sort((a, b) => a.created - b.created);
  }
}

/** @param {Character} one @param {Character} other */
export function isSameCharacter(one, other) {
  return ["name", "avatar", "prompt", "model", "temperature"].every(
    (name) => one[/** @type {keyof Character} */ (name)] === other[/** @type {keyof Character} */ (name)],
  );
}
