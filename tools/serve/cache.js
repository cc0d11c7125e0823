// Stands for Cloudflare's cache as it is on workers.dev: it keeps nothing.

export default {
  /**
   * @param {Request} request
   * @returns {Response}
   */
  fetch(request) {
    if (request.method === "PUT") return new Response(null, { status: 204 });
    return new Response(null, { status: 504, headers: { "cf-cache-status": "MISS" } });
  },
};
