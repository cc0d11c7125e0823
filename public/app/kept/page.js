/**
 * Has the page itself kept on this device, by the service worker, so that it opens without a connection.
 *
 * @module
 */

const WORKER = new URL("service-worker.js", document.baseURI).href;

/** When all else is done. Browsers have service workers only on https and localhost; without one the page needs a connection. */
export async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(trusted(WORKER), { type: "module", updateViaCache: "none" });
  } catch {
    // Storage is off, or the page is served without its list of files.
  }
}

/** The only script that this policy lets through is the page's own. @param {string} url @returns {string} */
function trusted(url) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  const policy = trustedTypes?.createPolicy("service-worker", { createScriptURL: () => WORKER });
  return policy?.createScriptURL(url) ?? url;
}
