/**
 * List the page's own files with their hashes, as public/vendor/shell.js, for public/service-worker.js.
 *
 *     node tools/shell.mjs [directory]
 *
 * The set-up does so, and wrangler before it serves or deploys (`[build]` in wrangler.toml): with any file that changes the list
 * does, and with the list the service worker, which is how browsers learn that there is another page to keep.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = process.argv[2] ?? fileURLToPath(new URL("../public/", import.meta.url));
const LIST = join(ROOT, "vendor", "shell.js");

/** What the page is made of. */
const PARTS = /^(index\.html|boot\.js|ionet-stream\.js|icon\.svg|(app|vendor)\/.*\.(js|woff2)|css\/.*|i18n\/.*)$/;

/** What is loaded when it is needed, and kept from then on. */
const LATER = /^vendor\/(highlight\.js\.js|temml\.js|.*\.woff2)$/;

/** @param {string} directory @returns {string[]} */
function filesIn(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

/** @param {string} name */
const hash = (name) =>
  createHash("sha256")
    .update(readFileSync(join(ROOT, name)))
    .digest("base64");

const names = filesIn(ROOT)
  .map((path) => relative(ROOT, path).split(sep).join("/"))
  .filter((name) => PARTS.test(name) && name !== "vendor/shell.js")
  .sort();

/** @param {string[]} some @returns {string} JSON: the address, relative to the page's → what it has to be */
const listed = (some) =>
  JSON.stringify(
    Object.fromEntries(some.map((name) => [name === "index.html" ? "./" : `./${name}`, `sha256-${hash(name)}`])),
    null,
    2,
  );

const now = listed(names.filter((name) => !LATER.test(name)));
const later = listed(names.filter((name) => LATER.test(name)));
const version = createHash("sha256")
  .update(now + later)
  .digest("hex")
  .slice(0, 16);
const text = `export const VERSION = "${version}";\nexport const FILES = ${now};\nexport const LATER = ${later};\n`;

let before = "";
try {
  before = readFileSync(LIST, "utf8");
} catch {
  // The first time.
}
if (text !== before) {
  // Whole or not at all: another wrangler may be reading it.
  writeFileSync(`${LIST}.${process.pid}`, text);
  renameSync(`${LIST}.${process.pid}`, LIST);
}
