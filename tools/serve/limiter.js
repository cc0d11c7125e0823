// Counts as Cloudflare's rate-limiting binding does, which workerd itself does not have. Miniflare's keeps its counters on the disk, and writes
// one row a request; here one process serves everything, so they stay in its memory.

/**
 * A binding whose `limit` lets a key pass `limit` times in each `period` seconds. Periods begin by the clock, for all keys alike, so what was
 * counted in the last one is let go of at once.
 *
 * @param {{ limit: number, period: number }} simple as in wrangler.toml
 * @returns {{ limit: (options: { key: string }) => Promise<{ success: boolean }> }}
 */
export default ({ limit, period }) => {
  /** @type {Map<string, number>} */
  const counts = new Map();
  let current = 0;
  return {
    async limit({ key }) {
      const now = Math.floor(Date.now() / (period * 1000));
      if (now !== current) counts.clear();
      current = now;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count <= limit };
    },
  };
};
