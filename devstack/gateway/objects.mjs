import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

export class TooLarge extends Error {}

/** The bytes of objects, a file for each version of one: what is replaced stays whole until nobody is told of it. */
export class Objects {
  constructor(directory) {
    this.directory = directory;
  }

  /** Takes a stream to its end; resolves to the new version, its size and its ETag. */
  async take(source, limit) {
    await mkdir(this.directory, { recursive: true });
    const version = randomUUID();
    const hash = createHash("sha256");
    let size = 0;
    const count = new Transform({
      transform(chunk, _, done) {
        size += chunk.length;
        hash.update(chunk);
        done(size > limit ? new TooLarge() : null, chunk);
      },
    });
    const partial = `${this.#path(version)}.part`;
    try {
      await pipeline(source, count, createWriteStream(partial));
      await rename(partial, this.#path(version));
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return { version, size, eTag: `"${hash.digest("hex")}"` };
  }

  read(version, range) {
    return createReadStream(this.#path(version), range);
  }

  async remove(version) {
    if (version) await rm(this.#path(version), { force: true });
  }

  #path(version) {
    return join(this.directory, version);
  }
}

/** Reads a Range header; null: all of it, undefined: none of it is there. */
export function readRange(header, size) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === undefined || (from === "" && to === "")) return null;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return start <= end ? { start, end } : undefined;
}
