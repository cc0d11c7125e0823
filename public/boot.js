// Runs before the page is painted, so that neither the wrong theme nor the wrong language flashes up, and no list of chats that is
// folded away; and tells where the page can't begin.
(() => {
  /** @type {{ theme?: string, language?: string, folded?: boolean }} */
  let look = {};
  try {
    look = JSON.parse(localStorage.getItem("ionet-edge:look") ?? "{}");
  } catch {
    // Storage is off or spoilt: the system's look it is.
  }
  const root = document.documentElement;
  if (look.theme) root.dataset.theme = look.theme;
  root.toggleAttribute("data-folded", look.folded === true);
  const wanted = [look.language, ...navigator.languages].map((tag) => tag?.slice(0, 2));
  // The page's text is English; where another language is wanted it stays hidden until that has come.
  const isJapanese = wanted.find((tag) => tag === "en" || tag === "ja") === "ja";
  if (isJapanese) root.dataset.untranslated = "";

  // Until the page has begun, nothing else would tell that it can't.
  /** @param {Event} event an error of a script, or of what a script waits for */
  const tell = (event) => {
    const banner = document.getElementById("banner");
    if ("ready" in root.dataset || event.target instanceof HTMLLinkElement || !banner) return;
    const { message, reason } = /** @type {any} */ (event);
    const what = message ?? reason?.message ?? "";
    banner.textContent = isJapanese
      ? `ページを開始できませんでした。再読み込みするか、新しいブラウザーをお試しください。${what}`
      : `This page could not start. Reload it, or try a newer browser. ${what}`;
    banner.hidden = false;
    delete root.dataset.untranslated;
  };
  addEventListener("error", tell, true);
  addEventListener("unhandledrejection", tell);
})();
