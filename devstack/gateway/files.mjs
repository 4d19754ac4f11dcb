import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

/** Keeps uploaded objects as files. File names are hashes, so no object's name can lead out of the directory. */
export class FileStore {
  driver = null;

  constructor(directory) {
    this.directory = directory;
  }

  // Versions are left out of the name: the service passes one when it reads that it did not pass when it wrote.
  #path(bucket, key) {
    return join(this.directory, createHash("sha256").update(`${bucket}/${key}`).digest("hex"));
  }

  async #write(path, bytes, metadata) {
    await mkdir(this.directory, { recursive: true });
    await writeFile(path, bytes);
    await writeFile(`${path}.json`, JSON.stringify(metadata));
  }

  async uploadObject(bucket, key, _version, body, mimetype, cacheControl) {
    const bytes = Buffer.from(await new Response(body).arrayBuffer());
    const eTag = `"${createHash("sha256").update(bytes).digest("hex")}"`;
    const metadata = { mimetype, cacheControl, size: bytes.length, contentLength: bytes.length, eTag };
    await this.#write(this.#path(bucket, key), bytes, metadata);
    return { ...metadata, lastModified: new Date(), httpStatusCode: 200 };
  }

  async headObject(bucket, key) {
    const path = this.#path(bucket, key);
    const metadata = JSON.parse(await readFile(`${path}.json`, "utf8"));
    return { ...metadata, lastModified: (await stat(path)).mtime, httpStatusCode: 200 };
  }

  async getObject(bucket, key, _version, { range } = {}) {
    const path = this.#path(bucket, key);
    const metadata = await this.headObject(bucket, key);
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
    if (from === undefined || Number(from) >= metadata.size) {
      return { metadata, httpStatusCode: 200, body: Readable.toWeb(createReadStream(path)) };
    }
    const start = Number(from);
    const end = Math.min(to ? Number(to) : Infinity, metadata.size - 1);
    const contentRange = `bytes ${start}-${end}/${metadata.size}`;
    return {
      metadata: { ...metadata, contentLength: end - start + 1, contentRange, httpStatusCode: 206 },
      httpStatusCode: 206,
      body: Readable.toWeb(createReadStream(path, { start, end })),
    };
  }

  async copyObject(bucket, key, _version, toBucket, toKey) {
    const { httpStatusCode, lastModified, ...metadata } = await this.headObject(bucket, key);
    await this.#write(this.#path(toBucket, toKey), await readFile(this.#path(bucket, key)), metadata);
    return { eTag: metadata.eTag, lastModified: new Date(), httpStatusCode };
  }

  async deleteObject(bucket, key) {
    const path = this.#path(bucket, key);
    await rm(path, { force: true });
    await rm(`${path}.json`, { force: true });
  }

  async deleteObjects(bucket, keys) {
    for (const key of keys) await this.deleteObject(bucket, key);
  }

  async privateAssetUrl(bucket, key) {
    return pathToFileURL(this.#path(bucket, key)).href;
  }
}
