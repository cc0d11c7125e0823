// Reads the first chunk of an answer as a page would, aborts, and prints how the reading ended.
const [url = "", body = ""] = process.argv.slice(2);
const controller = new AbortController();
const response = await fetch(url, { method: "POST", body, signal: controller.signal });
const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
await reader.read();
controller.abort();
try {
  while (!(await reader.read()).done);
  console.log("ended");
} catch (error) {
  console.log(/** @type {Error} */ (error).name);
}
