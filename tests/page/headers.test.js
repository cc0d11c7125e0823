import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

const PUBLIC = new URL("../../public/", import.meta.url);

/** @param {string} path @returns {string} */
const text = (path) => readFileSync(new URL(path, PUBLIC), "utf8");

const HEADERS = text("_headers");

/** @param {string} path as it stands in _headers @returns {string[]} the lines below it */
function linesFor(path) {
  const lines = HEADERS.split("\n");
  const start = lines.indexOf(path);
  assert.notEqual(start, -1, path);
  const rest = lines.slice(start + 1);
  return rest
    .slice(
      0,
      rest.findIndex((line) => !line.startsWith("  ")),
    )
    .map((line) => line.trim());
}

/** @param {string} path */
const policyFor = (path) => linesFor(path).find((line) => line.startsWith("Content-Security-Policy")) ?? "";

/** @param {string} html @returns {string[]} the hashes of its inline scripts */
const inlineScripts = (html) =>
  [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script]) =>
      `'sha256-${createHash("sha256")
        .update(script ?? "")
        .digest("base64")}'`,
  );

describe("the page's policy", () => {
  test("allows nothing unsafe and nothing foreign", () => {
    const styles = "style-src 'self' 'unsafe-inline'"; // the library's at /api, which shows nothing but our own description
    assert.ok(policyFor("/api").includes(styles));
    assert.doesNotMatch(HEADERS.replace(styles, ""), /unsafe-|(script|style|img|default)-src[^;]*https?:/);
    assert.match(policyFor("/*"), /default-src 'none'/);
    assert.match(policyFor("/*"), /require-trusted-types-for 'script'; trusted-types dompurify service-worker$/);
    assert.match(policyFor("/*"), /frame-ancestors 'none'/);
  });

  for (const [path, html] of [
    ["/*", "index.html"],
    ["/examples/minimal.html", "examples/minimal.html"],
    ["/examples/minimal", "examples/minimal.html"],
  ]) {
    test(`names the hash of every inline script of ${html} for ${path}`, () => {
      const hashes = inlineScripts(text(html ?? ""));
      assert.equal(hashes.length, 1);
      for (const hash of hashes) assert.ok(policyFor(path ?? "").includes(hash), `${hash} is not in _headers`);
    });
  }

  test("is not broken by the pages: no inline style, no handler", () => {
    for (const html of [text("index.html"), text("examples/minimal.html"), text("api.html")])
      assert.doesNotMatch(html, /\sstyle=|<style|\son\w+=/);
  });
});

test("the streaming client may be imported by any page, and what it imports too", () => {
  for (const path of ["/ionet-stream.js", "/vendor/eventsource-parser.js"]) {
    assert.ok(linesFor(path).includes("Access-Control-Allow-Origin: *"), path);
  }
});

test("the example is under sixty lines", () => {
  assert.ok(text("examples/minimal.html").split("\n").length < 60);
});
