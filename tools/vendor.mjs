/**
 * Bundle the page's third-party libraries from node_modules into public/vendor/, one minified ES module each, with the font of formulas.
 *
 *     node tools/vendor.mjs
 *
 * The page's own code (bundled by page.mjs) names these libraries as usual (`import { marked } from "marked"`), and the import map in
 * public/index.html says where they lie. An import map can only stand inline, and the page's Content-Security-Policy allows no
 * inline script but by its hash. The map is therefore constant (file names carry no hash of their contents), its SHA-256 stands in
 * public/_headers, and this script refuses to finish while map, libraries and hash do not agree, naming the hash to put there.
 *
 * ionet-stream.js is imported by pages that have no import map, so it names ./vendor/eventsource-parser.js by path; the .d.ts
 * beside it tells the type checker where the types are.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PUBLIC = new URL("../public/", import.meta.url);
const VENDOR = new URL("vendor/", PUBLIC);

/** What the page imports: the specifier, and the names it uses of it, so that the rest is left out of the bundle. */
export const LIBRARIES = {
  dompurify: "export { default } from 'dompurify'",
  "eventsource-parser": "export { createParser } from 'eventsource-parser'",
  "highlight.js": "export { default } from 'highlight.js/lib/common'",
  idb: "export { openDB } from 'idb'",
  marked: "export { Lexer, Marked, Parser, Tokenizer } from 'marked'",
  remend: "export { default } from 'remend'",
  temml: "export { default } from 'temml'",
  uplot: "export { default } from 'uplot'",
};

/** The font of formulas, which few machines have, with its licence. */
const FONT = {
  "stix-two-math.woff2": "files/stix-two-math-latin-400-normal.woff2",
  "stix-two-math.LICENSE.txt": "LICENSE",
};

/** What shows the reference of the API: a bundle as its maker gives it, for that page alone, so that the import map does without. */
const EXPLORER = new URL("../node_modules/openapi-explorer/", import.meta.url);

/** @param {string} html @returns {string} the text between the import map's tags, exactly as the browser hashes it */
function importMapOf(html) {
  const match = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html);
  if (match?.[1] === undefined) throw new Error("public/index.html has no import map");
  return match[1];
}

async function bundle() {
  await rm(VENDOR, { recursive: true, force: true });
  await mkdir(VENDOR, { recursive: true });
  await Promise.all(
    Object.entries(LIBRARIES).map(([name, contents]) =>
      build({
        stdin: { contents, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
        outfile: fileURLToPath(new URL(`${name}.js`, VENDOR)),
        bundle: true,
        format: "esm",
        minify: true,
        target: "es2022",
        logLevel: "warning",
      }),
    ),
  );
  const fontPackage = new URL("../node_modules/@fontsource/stix-two-math/", import.meta.url);
  for (const [name, from] of Object.entries(FONT)) await copyFile(new URL(from, fontPackage), new URL(name, VENDOR));
  await copyFile(new URL("dist/browser/openapi-explorer.min.js", EXPLORER), new URL("openapi-explorer.js", VENDOR));
  await writeFile(new URL("openapi-explorer.d.ts", VENDOR), "export {};\n");
  await copyFile(new URL("LICENSE", EXPLORER), new URL("openapi-explorer.LICENSE.txt", VENDOR));
  await writeFile(new URL("temml.css", VENDOR), await styleOfFormulas());
  await copyFile(new URL("../node_modules/uplot/dist/uPlot.min.css", import.meta.url), new URL("uplot.css", VENDOR));
  // The last file written: its time tells make that all are there.
  await writeFile(new URL("eventsource-parser.d.ts", VENDOR), 'export * from "eventsource-parser";\n');
}

/** @returns {Promise<string>} temml's style for this font, which is named in public/css/prose.css: it is to be swapped in */
async function styleOfFormulas() {
  const css = await readFile(new URL("../node_modules/temml/dist/Temml-STIX2.css", import.meta.url), "utf8");
  const without = css.replace(/@font-face \{[^}]*\}/, "");
  if (without === css || !css.includes("font-family: STIX2, math;")) throw new Error("temml names its font otherwise");
  return without;
}

async function check() {
  const text = importMapOf(await readFile(new URL("index.html", PUBLIC), "utf8"));
  const wanted = Object.fromEntries(Object.keys(LIBRARIES).map((name) => [name, `./vendor/${name}.js`]));
  const { imports } = JSON.parse(text);
  for (const name of Object.keys({ ...wanted, ...imports })) {
    if (imports[name] !== wanted[name])
      throw new Error(`the import map says ${imports[name]} for ${name}, not ${wanted[name]}`);
  }
  const hash = `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  if (!(await readFile(new URL("_headers", PUBLIC), "utf8")).includes(hash)) {
    throw new Error(`put ${hash} into script-src in public/_headers: it is the hash of the import map`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundle();
  await check();
}
