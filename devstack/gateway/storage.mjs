// Storage of hosted Supabase, as far as the product and its clients ask for it. What somebody may do is decided by the policies
// on storage.objects, as there: each request acts in the caller's role and with the caller's claims.
import { Readable } from "node:stream";
import postgres from "postgres";
import { READABLE, answerJson } from "./answers.mjs";
import { callerOf } from "./callers.mjs";
import { tokensByKey } from "./keys.mjs";
import { Objects, TooLarge, readRange } from "./objects.mjs";

const LARGEST_OBJECT_BYTES = 100 * 1024 * 1024;
const LARGEST_QUESTION_BYTES = 1024 * 1024;

/** Hosted Storage answers most of its refusals with HTTP 400 and the status that it means in the body. */
class Refusal extends Error {
  constructor(statusCode, error, message, status = 400) {
    super(message);
    this.status = status;
    this.body = { statusCode: String(statusCode), error, message };
  }
}

const notFound = () => new Refusal(404, "not_found", "Object not found");
const noSuchBucket = () => new Refusal(404, "Bucket not found", "Bucket not found");

class Storage {
  constructor(sql, objects) {
    this.sql = sql;
    this.objects = objects;
  }

  /** Runs `work` as the caller; with `undo`, only to learn whether it is allowed. */
  async as(request, operation, work, { undo = false } = {}) {
    const { caller, method, url } = request;
    const undone = Symbol();
    try {
      return await this.sql.begin(async (tx) => {
        await tx`select set_config('role', ${caller.role}, true),
          set_config('request.jwt.claims', ${JSON.stringify(caller)}, true),
          set_config('request.jwt.claim.sub', ${caller.sub ?? ""}, true),
          set_config('request.jwt.claim.role', ${caller.role}, true),
          set_config('request.method', ${method}, true),
          set_config('request.path', ${url}, true),
          set_config('storage.operation', ${`storage.${operation}`}, true)`;
        const result = await work(tx);
        if (undo) throw undone;
        return result;
      });
    } catch (error) {
      if (error === undone) return undefined;
      if (error.code === "42501") throw new Refusal(403, "Unauthorized", error.message);
      if (error.code === "23505") throw new Refusal(409, "Duplicate", "The resource already exists");
      throw error;
    }
  }

  /** A bucket is looked up in Storage's own right. */
  async bucket(id) {
    const [found] = await this.sql`select id, public, file_size_limit, allowed_mime_types from storage.buckets where id = ${id}`;
    if (!found) throw noSuchBucket();
    return found;
  }

  async createBucket(request, { id, name = id, public: isPublic = false, file_size_limit: limit = null }) {
    await this.as(request, "bucket.create", (tx) =>
      tx`insert into storage.buckets (id, name, public, file_size_limit) values (${id}, ${name}, ${isPublic}, ${limit})`);
    return { name };
  }

  async buckets(request, id) {
    const found = await this.as(request, id ? "bucket.get" : "bucket.list", (tx) =>
      id ? tx`select * from storage.buckets where id = ${id}` : tx`select * from storage.buckets order by id`);
    if (id && found.length === 0) throw noSuchBucket();
    return id ? found[0] : found;
  }

  async upload(request, bucketId, name, { isNew }) {
    const bucket = await this.bucket(bucketId);
    const { source, type, cacheControl } = await contentOf(request);
    const allowed = bucket.allowed_mime_types;
    if (allowed?.length > 0 && !allowed.some((each) => isOfType(type, each))) {
      throw new Refusal(415, "invalid_mime_type", `mime type ${type} is not supported`);
    }
    const operation = isNew ? "object.upload" : "object.upload_update";
    const isUpsert = !isNew || request.headers["x-upsert"] === "true";
    const write = (version, metadata) => (tx) =>
      isUpsert
        ? tx`insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata)
            values (${bucketId}, ${name}, ${owner(request)}, ${request.caller.sub ?? null}, ${version}, ${tx.json(metadata)})
            on conflict (bucket_id, name) do update set
              version = excluded.version, metadata = excluded.metadata, owner = excluded.owner, owner_id = excluded.owner_id,
              updated_at = now()
            returning id`
        : tx`insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata)
            values (${bucketId}, ${name}, ${owner(request)}, ${request.caller.sub ?? null}, ${version}, ${tx.json(metadata)})
            returning id`;
    await this.as(request, operation, write("trial", {}), { undo: true });
    const limit = Math.min(LARGEST_OBJECT_BYTES, Number(bucket.file_size_limit ?? Infinity));
    const { version, size, eTag } = await this.objects.take(source, limit);
    const metadata = { eTag, size, mimetype: type, cacheControl, contentLength: size, lastModified: new Date(), httpStatusCode: 200 };
    try {
      const [before] = await this.sql`select version from storage.objects where bucket_id = ${bucketId} and name = ${name}`;
      const [row] = await this.as(request, operation, write(version, metadata));
      await this.objects.remove(before?.version);
      return { Id: row.id, Key: `${bucketId}/${name}` };
    } catch (error) {
      await this.objects.remove(version);
      throw error;
    }
  }

  async find(request, bucketId, name, operation) {
    await this.bucket(bucketId);
    const [found] = await this.as(request, operation, (tx) =>
      tx`select * from storage.objects where bucket_id = ${bucketId} and name = ${name}`);
    if (!found) throw notFound();
    return found;
  }

  async findPublic(bucketId, name) {
    const bucket = await this.bucket(bucketId);
    if (!bucket.public) throw noSuchBucket();
    const [found] = await this.sql`select * from storage.objects where bucket_id = ${bucketId} and name = ${name}`;
    if (!found) throw notFound();
    return found;
  }

  async remove(request, bucketId, names, operation) {
    await this.bucket(bucketId);
    const gone = await this.as(request, operation, (tx) =>
      tx`delete from storage.objects where bucket_id = ${bucketId} and name in ${tx(names)} returning *`);
    for (const { version } of gone) await this.objects.remove(version);
    return gone;
  }

  async list(request, bucketId, { prefix = "", limit = 100, offset = 0 }) {
    await this.bucket(bucketId);
    return this.as(request, "object.list", (tx) =>
      tx`select id, name, metadata, created_at, updated_at, last_accessed_at from storage.objects
        where bucket_id = ${bucketId} and starts_with(name, ${prefix}) order by name limit ${limit} offset ${offset}`);
  }

  send(request, response, object) {
    const { size, mimetype, eTag, cacheControl } = object.metadata;
    const range = readRange(request.headers.range, size);
    const headers = {
      ...READABLE,
      "accept-ranges": "bytes",
      "cache-control": cacheControl ?? "no-cache",
      "content-type": mimetype,
      etag: eTag,
      "last-modified": new Date(object.updated_at).toUTCString(),
    };
    if (range === undefined) {
      response.writeHead(416, { ...headers, "content-range": `bytes */${size}` });
      return response.end();
    }
    const length = range ? range.end - range.start + 1 : size;
    const part = range ? { "content-range": `bytes ${range.start}-${range.end}/${size}` } : {};
    response.writeHead(range ? 206 : 200, { ...headers, ...part, "content-length": length });
    if (request.method === "HEAD") return response.end();
    const bytes = this.objects.read(object.version, range ?? undefined);
    bytes.on("error", () => response.destroy());
    response.on("close", () => bytes.destroy());
    return bytes.pipe(response);
  }
}

function owner({ caller }) {
  return /^[0-9a-f-]{36}$/i.test(caller.sub ?? "") ? caller.sub : null;
}

function isOfType(type, allowed) {
  return allowed.endsWith("/*") ? type.startsWith(allowed.slice(0, -1)) : type.split(";")[0] === allowed;
}

/** The bytes of an upload: the body itself, or the file in a form, which is how browsers' libraries send it. */
async function contentOf(request) {
  const type = request.headers["content-type"] ?? "application/octet-stream";
  if (!type.startsWith("multipart/form-data")) {
    return { source: request, type, cacheControl: request.headers["cache-control"] };
  }
  const form = await new Response(Readable.toWeb(request), { headers: { "content-type": type } }).formData();
  const file = [...form.values()].find((value) => typeof value !== "string");
  if (!file) throw new Refusal(400, "InvalidRequest", "The form holds no file");
  const seconds = form.get("cacheControl");
  const cacheControl = /^\d+$/.test(seconds ?? "") ? `max-age=${seconds}` : (seconds ?? undefined);
  return { source: Readable.fromWeb(file.stream()), type: file.type || "application/octet-stream", cacheControl };
}

async function question(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST_QUESTION_BYTES) throw new Refusal(413, "Payload too large", "The request is too large", 413);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
  } catch {
    throw new Refusal(400, "InvalidRequest", "The body is not JSON");
  }
}

async function serve(storage, request, response, path) {
  const [kind, ...rest] = path.split("?")[0].split("/").filter(Boolean).map(decodeURIComponent);
  const { method } = request;
  const isRead = method === "GET" || method === "HEAD";
  const json = (body) => answerJson(response, 200, body);
  if (kind === "bucket" && method === "POST" && rest.length === 0) {
    return json(await storage.createBucket(request, await question(request)));
  }
  if (kind === "bucket" && method === "GET" && rest.length <= 1) return json(await storage.buckets(request, rest[0]));
  if (kind !== "object") throw new Refusal(404, "not_found", `No ${method} ${path} here`, 404);
  const [first, bucket, ...name] = rest;
  if (isRead && first === "public" && name.length > 0) {
    return storage.send(request, response, await storage.findPublic(bucket, name.join("/")));
  }
  if (isRead && first === "authenticated" && name.length > 0) {
    return storage.send(request, response, await storage.find(request, bucket, name.join("/"), "object.get_authenticated"));
  }
  if (method === "POST" && first === "list") return json(await storage.list(request, bucket, await question(request)));
  if (method === "DELETE" && rest.length === 1) {
    const { prefixes = [] } = await question(request);
    return json(prefixes.length > 0 ? await storage.remove(request, first, prefixes, "object.delete_many") : []);
  }
  const whole = rest.slice(1).join("/");
  if (!whole) throw new Refusal(404, "not_found", `No ${method} ${path} here`, 404);
  if (isRead) return storage.send(request, response, await storage.find(request, first, whole, "object.get_authenticated"));
  if (method === "POST" || method === "PUT") {
    return json(await storage.upload(request, first, whole, { isNew: method === "POST" }));
  }
  if (method === "DELETE") {
    const gone = await storage.remove(request, first, [whole], "object.delete");
    if (gone.length === 0) throw notFound();
    return json({ message: "Successfully deleted" });
  }
  throw new Refusal(404, "not_found", `No ${method} ${path} here`, 404);
}

function refuse(response, error) {
  if (response.headersSent) return response.destroy();
  if (error instanceof TooLarge) {
    // What is left of the body is not read: the connection cannot be used again.
    response.setHeader("connection", "close");
    error = new Refusal(413, "Payload too large", "The object exceeded the maximum allowed size");
  }
  if (error instanceof Refusal) return answerJson(response, error.status, error.body);
  console.error(error);
  return answerJson(response, 500, { statusCode: "500", error: "internal", message: "Storage failed" });
}

export function storageDoor(settings) {
  const sql = postgres(settings.STORAGE_DATABASE_URL, { max: 4, onnotice: () => {}, idle_timeout: 60 });
  const storage = new Storage(sql, new Objects(settings.STORAGE_DIRECTORY));
  const keys = { tokens: tokensByKey(settings), secret: settings.JWT_SECRET };
  return (request, response, path) => {
    request.caller = callerOf(request.headers, keys);
    const done = request.caller
      ? serve(storage, request, response, path)
      : Promise.reject(new Refusal(403, "Unauthorized", "The token is not valid"));
    done.catch((error) => refuse(response, error));
  };
}
