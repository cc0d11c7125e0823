// Stands for Cloudflare's rate-limiting binding, which workerd itself does not have: it counts, and lets everything pass. Like that one it
// is a wrapped binding, so what `limit` gives is a promise of the Worker's own.

/** @type {Map<string, number>} */
const counts = new Map();

/** @returns {{ limit: (options: { key: string }) => Promise<{ success: boolean }> }} */
export default () => ({
  async limit({ key }) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return { success: true };
  },
});
