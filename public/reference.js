// Shows the description of the API, api/openapi.json, with OpenAPI Explorer, in the theme and the language that the chat page has: boot.js
// has found them.
import "./vendor/openapi-explorer.js";

/** The colours as the library takes them: in hexadecimal digits, as attributes. */
const LIGHT = {
  "bg-color": "#ffffff",
  "text-color": "#1c1d21",
  "header-color": "#1c1d21",
  "primary-color": "#2a52be",
  "secondary-color": "#2a52be",
  "nav-bg-color": "#f3f4f7",
  "nav-text-color": "#3a3d45",
  "nav-hover-bg-color": "#e3e7f2",
  "nav-hover-text-color": "#1c1d21",
};
/** @type {typeof LIGHT} */
const DARK = {
  "bg-color": "#1b1c1f",
  "text-color": "#e8e8ea",
  "header-color": "#e8e8ea",
  "primary-color": "#9db8ff",
  "secondary-color": "#9db8ff",
  "nav-bg-color": "#232529",
  "nav-text-color": "#c6c8ce",
  "nav-hover-bg-color": "#2f3340",
  "nav-hover-text-color": "#ffffff",
};

/** Calls are made with a client, or in the chat: no token goes through the library. */
const WITHOUT = ["hide-authentication", "hide-console", "hide-server-selection", "hide-components", "hide-defaults"];

/** The library's own style leaves the address "/" empty, and writes light on light in the dark. */
const MENDED = `
.nav-bar-path .method + div:empty::after, .endpoint-head .path:empty::after { content: "/" }
.m-endpoint > .endpoint-head { background-color: transparent !important }`;

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const explorer = document.createElement("openapi-explorer");

speak();
paint();
dark.addEventListener("change", paint);
for (const name of [...WITHOUT, "use-path-in-nav-bar"]) explorer.setAttribute(name, "true");
explorer.setAttribute("spec-url", new URL("api/openapi.json", document.baseURI).href);
document.querySelector("#reference")?.replaceChildren(explorer);
const style = new CSSStyleSheet();
style.replaceSync(MENDED);
explorer.shadowRoot?.adoptedStyleSheets.push(style);

/** The description is in English, and so is the library; what is ours is in the page's language. */
function speak() {
  explorer.lang = "en";
  if (!("untranslated" in root.dataset)) return;
  root.lang = "ja";
  document.title = "ionet-edge の API";
  for (const element of document.querySelectorAll("[data-ja]")) element.textContent = element.getAttribute("data-ja");
}

function paint() {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  for (const [name, colour] of Object.entries(isDark ? DARK : LIGHT)) explorer.setAttribute(name, colour);
}
