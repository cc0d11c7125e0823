// Runs before the page is painted, so that neither the wrong theme nor the wrong language flashes up.
(() => {
  /** @type {{ theme?: string, language?: string }} */
  let look = {};
  try {
    look = JSON.parse(localStorage.getItem("ionet-edge:look") ?? "{}");
  } catch {
    // Storage is off or spoilt: the system's look it is.
  }
  const root = document.documentElement;
  if (look.theme) root.dataset.theme = look.theme;
  const wanted = [look.language, ...navigator.languages].map((tag) => tag?.slice(0, 2));
  // The page's text is English; where another language is wanted it stays hidden until that has come.
  if (wanted.find((tag) => tag === "en" || tag === "ja") === "ja") root.dataset.untranslated = "";
})();
