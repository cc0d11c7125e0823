/**
 * Files out of a .zip (PKWARE's APPNOTE.TXT, 4.3), unpacked by the browser while they are read: nothing is in memory as a whole.
 *
 * @module
 */

/** What is no archive, or one that is written in a way that is not read here. */
export class NotZip extends Error {}

/** @typedef {{ name: string, method: number, size: number, at: number }} Entry `size`: packed, in bytes; `at`: of its header */

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const HEADER = 0x04034b50;
/** The record of the end, and the longest comment behind it, in bytes. */
const END_BYTES = 22;
const COMMENT_BYTES = 0xffff;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
/** What stands in the place of a size that takes more than 32 bits. */
const ZIP64 = 0xffffffff;

/** @param {Blob} file @returns {Promise<boolean>} whether it begins as an archive does */
export async function isZip(file) {
  return file.size >= END_BYTES && (await view(file, 0, 4)).getUint32(0, true) === HEADER;
}

/** @param {Blob} file @returns {Promise<Entry[]>} throws `NotZip` */
export async function entriesOf(file) {
  const tail = await view(file, Math.max(0, file.size - END_BYTES - COMMENT_BYTES), file.size);
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw new NotZip("no end");
  const size = tail.getUint32(end + 12, true);
  const start = tail.getUint32(end + 16, true);
  if (start + size > file.size) throw new NotZip("too large, or cut off");
  const directory = await view(file, start, start + size);
  return [...entriesIn(directory)];
}

/** @param {Blob} file @param {Entry} entry of it @returns {Promise<ReadableStream<Uint8Array>>} what is in it; throws `NotZip` */
export async function unpacked(file, { method, size, at }) {
  const header = await view(file, at, at + 30);
  if (header.byteLength < 30 || header.getUint32(0, true) !== HEADER) throw new NotZip("no header");
  const start = at + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const packed = file.slice(start, start + size).stream();
  if (method === STORED) return packed;
  if (method !== DEFLATED) throw new NotZip("another way of packing");
  return packed.pipeThrough(new DecompressionStream("deflate-raw"));
}

/** @param {DataView} directory @returns {Generator<Entry>} */
function* entriesIn(directory) {
  for (let at = 0; at + 46 <= directory.byteLength && directory.getUint32(at, true) === ENTRY; ) {
    const name = new Uint8Array(directory.buffer, at + 46, directory.getUint16(at + 28, true));
    const size = directory.getUint32(at + 20, true);
    const header = directory.getUint32(at + 42, true);
    const isReadable = (directory.getUint16(at + 8, true) & ENCRYPTED) === 0 && size !== ZIP64 && header !== ZIP64;
    if (isReadable) {
      yield { name: new TextDecoder().decode(name), method: directory.getUint16(at + 10, true), size, at: header };
    }
    at += 46 + name.length + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
  }
}

/** @param {Blob} file @param {number} from @param {number} to @returns {Promise<DataView>} */
async function view(file, from, to) {
  return new DataView(await file.slice(from, to).arrayBuffer());
}
