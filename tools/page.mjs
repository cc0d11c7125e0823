/**
 * Put the page's own code and style into two small files, public/vendor/page.js and style.css, and list what the page is made of with
 * its hashes, as public/vendor/shell.js, for public/service-worker.js.
 *
 *     node tools/page.mjs [directory]
 *
 * The set-up does so, and wrangler before it serves or deploys, and whenever the page's code has changed (`[build]` in wrangler.toml).
 * One file instead of sixty is a third of the weight and one way to the server instead of six; its source map shows a browser's
 * developer the modules as they were written. With any file the list changes, and with the list the service worker, which is how
 * browsers learn that there is another page to keep.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { LIBRARIES } from "./vendor.mjs";

const ROOT = process.argv[2] ?? fileURLToPath(new URL("../public/", import.meta.url));

/** What the page is made of. */
const PARTS =
  /^(index\.html|boot\.js|icon\.svg|vendor\/(?!eventsource-parser|openapi-explorer|uplot\.css).*\.(js|css|woff2)|i18n\/.*)$/;

/** What is loaded when it is needed, and kept from then on. */
const LATER = /^vendor\/(highlight\.js\.js|temml\.(js|css)|uplot\.js|usage-dialog\.js|usage\.css|.*\.woff2)$/;

/** @param {string} directory @returns {string[]} */
function filesIn(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

const { outputFiles } = buildSync({
  entryPoints: {
    page: join(ROOT, "app", "main.js"),
    style: join(ROOT, "css", "page.css"),
    usage: join(ROOT, "css", "usage.css"),
  },
  // What is loaded later, and what it shares with the rest, which index.html names beside the page. Two of one name would be an error.
  splitting: true,
  chunkNames: "[name]",
  outdir: join(ROOT, "vendor"),
  bundle: true,
  external: [...Object.keys(LIBRARIES), "../vendor/*.woff2"],
  format: "esm",
  minify: true,
  sourcemap: "linked",
  target: "es2022",
  write: false,
});
for (const { path, text } of outputFiles) put(relative(ROOT, path), text);

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

put("vendor/shell.js", text);

/** Only what has changed, and whole or not at all: another wrangler may be reading it. @param {string} name @param {string} text */
function put(name, text) {
  const path = join(ROOT, name);
  if (text === read(path)) return;
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

/** @param {string} path @returns {string} "" where there is nothing yet */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
