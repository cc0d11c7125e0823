// Answers a GET of a path with the text of the binding that has the path's name.

export default {
  /**
   * @param {Request} request
   * @param {Record<string, string>} env
   * @returns {Response}
   */
  fetch(request, env) {
    return new Response(env[new URL(request.url).pathname], { headers: { "content-type": "application/json" } });
  },
};
