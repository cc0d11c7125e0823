// Stands where Cloudflare's edge stands: it says whose request it is, so that a client cannot.

/**
 * Of an address and a port as workerd writes them, `127.0.0.1:5000` or `[::1]:5000`, the address. A socket for IPv6 takes IPv4 too, and
 * writes it as `[::ffff:127.0.0.1]:5000`.
 *
 * @param {string} peer
 */
const addressOf = (peer) => peer.replace(/^(?:\[(.*)\]|(.*)):\d+$/, "$1$2").replace(/^::ffff:(?=\d+\.)/, "");

export default {
  /**
   * Hand a request on, with the address of its client in CF-Connecting-IP.
   *
   * A proxy whose address the owner has named (`PROXY`) is believed what it says of its client: X-Forwarded-Proto, and the last address of
   * X-Forwarded-For. What stands before that the client may have written itself.
   *
   * @param {Request & { cf: { clientIp: string } }} request
   * @param {{ EDGE: { fetch(request: Request): Promise<Response> }, PROXY: string[] }} env
   */
  fetch(request, { EDGE, PROXY }) {
    const url = new URL(request.url);
    let client = addressOf(request.cf.clientIp);
    if (PROXY.includes(client)) {
      client = request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() || client;
      if (request.headers.get("x-forwarded-proto") === "https") url.protocol = "https:";
    }
    const passedOn = new Request(url, request);
    passedOn.headers.set("cf-connecting-ip", client);
    return EDGE.fetch(passedOn);
  },
};
