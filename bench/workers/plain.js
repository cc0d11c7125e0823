// As little as a gateway can do in JavaScript: the body goes to the upstream, its answer comes back.

export default {
  /**
   * @param {Request} request
   * @param {{ IONET_API_KEY: string, IONET_BASE_URL: string }} env
   * @returns {Promise<Response>}
   */
  async fetch(request, env) {
    const headers = { authorization: `Bearer ${env.IONET_API_KEY}`, "content-type": "application/json" };
    return fetch(`${env.IONET_BASE_URL}/chat/completions`, {
      method: "POST",
      headers,
      body: await request.arrayBuffer(),
    });
  },
};
