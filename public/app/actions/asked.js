/**
 * What is asked of a model in a room: by the room's persona, by the person's settings, and by what was chosen by hand. Pure.
 *
 * @module
 */

/** @import { AnswerChoice, Persona } from "../types.js" */
/** @import { Settings } from "../kept/settings.js" */

/**
 * A persona's prompt, model and temperature come before those of the settings; what it leaves open is as usual. A model chosen by hand
 * in the room comes before the persona's.
 *
 * @param {Settings} settings
 * @param {Persona | null} persona
 * @param {boolean} [byHand] whether the settings' model was chosen in this room
 * @returns {AnswerChoice & { also: string[], system: string }}
 */
export function askedOf(settings, persona, byHand = false) {
  const own = byHand ? null : (persona?.model ?? null);
  return {
    model: own ?? settings.model,
    also: settings.also.filter((model) => model !== own),
    temperature: persona?.temperature ?? settings.temperature,
    system: persona?.prompt.trim() ? persona.prompt : settings.system,
  };
}
