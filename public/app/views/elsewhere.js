/**
 * Whom the person is talking to, where that is not the page's own edge: a link can name any address. It is shown as long as the page
 * is open, and has to be confirmed once before anything that is typed goes there.
 *
 * @module
 */
import { find } from "../elements/dom.js";
import { t } from "../elements/i18n.js";
import { isTrusted, trust } from "../kept/settings.js";

export class Elsewhere {
  #line = find("#elsewhere", HTMLElement);
  #dialog = find("#trust", HTMLDialogElement);
  #text = find("#trust-text", HTMLElement);
  #token = find("#token", HTMLInputElement);
  #tokenGoes = find("#token-goes", HTMLElement);
  #tokenTrust = find("#token-trust", HTMLButtonElement);
  #api;
  #onTrust;

  /** @param {string} api its origin @param {() => void} onTrust it was confirmed */
  constructor(api, onTrust) {
    this.#api = api;
    this.#onTrust = onTrust;
    this.#tokenTrust.addEventListener("click", async () => {
      if (await this.confirm()) this.#token.focus();
    });
  }

  get isTrusted() {
    return isTrusted(this.#api);
  }

  /** Show it, in the language of now. */
  show() {
    const isElsewhere = this.#api !== location.origin;
    const origin = this.#api;
    this.#line.textContent = t("api.elsewhere", { origin });
    this.#text.textContent = t("trust.text", { origin });
    this.#tokenGoes.textContent = t(this.isTrusted ? "token.goes" : "token.wouldGo", { origin });
    this.#line.hidden = !isElsewhere;
    this.#tokenGoes.hidden = !isElsewhere;
    this.#tokenTrust.hidden = this.isTrusted;
    this.#token.disabled = !this.isTrusted;
  }

  /** @returns {Promise<boolean>} whether the address is confirmed, now or before */
  async confirm() {
    if (this.isTrusted) return true;
    this.#dialog.returnValue = "cancel";
    this.#dialog.showModal();
    await new Promise((resolve) => this.#dialog.addEventListener("close", resolve, { once: true }));
    if (this.#dialog.returnValue !== "go") return false;
    trust(this.#api);
    this.#onTrust();
    this.show();
    return true;
  }
}
