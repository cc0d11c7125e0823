import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import front from "../../tools/serve/front.js";
import limiter from "../../tools/serve/limiter.js";

/** @param {string} peer as workerd writes it @param {Record<string, string>} headers @param {string[]} proxies */
async function seen(peer, headers = {}, proxies = []) {
  /** @type {Request[]} */
  const requests = [];
  const EDGE = {
    /** @param {Request} request */
    async fetch(request) {
      requests.push(request);
      return new Response();
    },
  };
  const request = Object.assign(new Request("http://edge.example:8787/a?b=c", { headers }), { cf: { clientIp: peer } });
  await front.fetch(request, { EDGE, PROXY: proxies });
  assert.equal(requests.length, 1);
  const [{ url, headers: passedOn }] = /** @type {[Request]} */ (requests);
  return { address: passedOn.get("cf-connecting-ip"), url };
}

describe("whose request it is", () => {
  for (const [peer, address] of [
    ["203.0.113.7:5000", "203.0.113.7"],
    ["[2001:db8::7]:5000", "2001:db8::7"],
    ["[::ffff:203.0.113.7]:5000", "203.0.113.7"],
    ["[::1]:5000", "::1"],
  ]) {
    test(`is told by the connection: ${peer}`, async () => {
      const written = {
        "cf-connecting-ip": "198.51.100.1",
        "x-forwarded-for": "198.51.100.2",
        "x-forwarded-proto": "https",
      };
      const { address: found, url } = await seen(peer ?? "", written, ["127.0.0.1"]);
      assert.deepEqual([found, url], [address, "http://edge.example:8787/a?b=c"]);
    });
  }

  for (const [forwarded, address] of [
    ["203.0.113.7", "203.0.113.7"],
    ["198.51.100.2, 203.0.113.7", "203.0.113.7"],
    ["198.51.100.2,2001:db8::7 ", "2001:db8::7"],
    ["", "127.0.0.1"],
    ["198.51.100.2,", "127.0.0.1"],
  ]) {
    test(`is told by a proxy that the owner has named: ${forwarded}`, async () => {
      const written = { "cf-connecting-ip": "198.51.100.1", "x-forwarded-for": forwarded ?? "" };
      assert.equal((await seen("[::ffff:127.0.0.1]:5000", written, ["10.0.0.1", "127.0.0.1"])).address, address);
    });
  }

  test("came over https where such a proxy says so, and nowhere else", async () => {
    for (const [proto, scheme] of [
      ["https", "https"],
      ["http", "http"],
      ["ftp", "http"],
    ]) {
      const { url } = await seen("127.0.0.1:5000", { "x-forwarded-proto": proto ?? "" }, ["127.0.0.1"]);
      assert.equal(url, `${scheme}://edge.example:8787/a?b=c`);
    }
  });
});

test("a key may pass so often in a period, whatever the others do", async () => {
  mock.timers.enable({ apis: ["Date"], now: 600_000 });
  const { limit } = limiter({ limit: 2, period: 60 });
  const pass = async (/** @type {string} */ key) => (await limit({ key })).success;
  assert.deepEqual([await pass("a"), await pass("a"), await pass("a"), await pass("b")], [true, true, false, true]);
  mock.timers.tick(59_999);
  assert.equal(await pass("a"), false);
  mock.timers.tick(1);
  assert.equal(await pass("a"), true);
  mock.timers.reset();
});
