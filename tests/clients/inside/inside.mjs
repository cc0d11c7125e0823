// Keeps a program of Node's on this machine (`node --import`): what it wanted to reach elsewhere is refused, and noted in the file
// that WENT_OUT names.
import { appendFileSync } from "node:fs";
import { Socket } from "node:net";

const LOCAL = ["127.0.0.1", "localhost", "::1"];
const { connect } = Socket.prototype;

/** @this {Socket} @param {any[]} given */
function watched(...given) {
  const [options] = Array.isArray(given[0]) ? given[0] : given;
  if (!options.path && !LOCAL.includes(options.host)) {
    appendFileSync(process.env.WENT_OUT ?? "", `${options.host}\n`);
    throw new Error(`${options.host} is not on this machine`);
  }
  return Reflect.apply(connect, this, given);
}

Socket.prototype.connect = watched;
