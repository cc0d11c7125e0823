// Says hello.

export default {
  /** @returns {Response} */
  fetch: () => new Response("hello"),
};
