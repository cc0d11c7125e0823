/**
 * A file as something that a question can carry: a picture, made small enough on this device, or a text to be quoted.
 *
 * @module
 */

/** @import { Picture } from "../types.js" */

/** What was read of a file. @typedef {{ picture: Picture } | { name: string, text: string }} Attachment */

/** Models look at pictures in pieces, and make larger ones smaller before that. The longest side, in pixels. */
const SIDE = 1568;

/** The longest side in pixels, and the quality: from the best, until a picture takes no more than it may. */
const STEPS = [
  { side: SIDE, quality: 0.85 },
  { side: SIDE, quality: 0.7 },
  { side: 1024, quality: 0.75 },
  { side: 768, quality: 0.7 },
];

/** Larger ones would fill the memory while they are read, in bytes. */
const PICTURE_BYTES = 50_000_000;
const TEXT_BYTES = 500_000;

/** A file that can't be attached; `key` names the text that says why. */
export class NotAttached extends Error {
  /** @param {"attach.undecodable" | "attach.large" | "attach.kind"} key */
  constructor(key) {
    super(key);
    this.key = key;
  }
}

/** @param {Blob} file by what it says of itself; an SVG is a text to a model */
export function isPicture({ type }) {
  return type.startsWith("image/") && type !== "image/svg+xml";
}

/**
 * @param {File} file
 * @param {number} maxChars that a picture's address should take at most
 * @returns {Promise<Attachment>} rejects with `NotAttached`
 */
export async function readAttachment(file, maxChars) {
  const name = file.name.replace(/\s+/g, " ");
  return isPicture(file) ? { picture: await readPicture(file, name, maxChars) } : { name, text: await readText(file) };
}

/** @param {{ name: string, text: string }} file @returns {string} Markdown: its name above a block that nothing in it can close */
export function quoted({ name, text }) {
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
  const fence = "`".repeat(longest + 1);
  const extension = /\.(\w+)$/.exec(name)?.[1] ?? "";
  return `${name}:\n${fence}${extension}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** @param {File} file @param {string} name @param {number} maxChars @returns {Promise<Picture>} */
async function readPicture(file, name, maxChars) {
  if (file.size > PICTURE_BYTES) throw new NotAttached("attach.large");
  // Upright, as the camera was held.
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new NotAttached("attach.undecodable");
  });
  const { width, height } = bitmap;
  try {
    // A screenshot stays as sharp as it is. A photo is drawn anew even if small: it may hold where and when it was taken.
    if (file.type === "image/png" && Math.max(width, height) <= SIDE && (file.size * 4) / 3 < maxChars / 2)
      return { name, url: await dataUrl(file), width, height };
    for (const step of STEPS) {
      const drawn = await draw(bitmap, step);
      if (drawn.url.length <= maxChars) return { name, ...drawn };
    }
    throw new NotAttached("attach.large");
  } finally {
    bitmap.close();
  }
}

/** @param {ImageBitmap} bitmap @param {typeof STEPS[number]} step @returns {Promise<Omit<Picture, "name">>} a JPEG */
async function draw(bitmap, { side, quality }) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new NotAttached("attach.undecodable");
  // JPEG knows no transparency.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return { url: await dataUrl(await canvas.convertToBlob({ type: "image/jpeg", quality })), width, height };
}

/** @param {Blob} blob @returns {Promise<string>} a `data:` URL */
function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new NotAttached("attach.undecodable"));
    reader.readAsDataURL(blob);
  });
}

/** @param {File} file @returns {Promise<string>} */
async function readText(file) {
  if (file.size > TEXT_BYTES) throw new NotAttached("attach.large");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    if (!text.includes("\0")) return text;
  } catch {
    // Not UTF-8, or a folder.
  }
  throw new NotAttached("attach.kind");
}
