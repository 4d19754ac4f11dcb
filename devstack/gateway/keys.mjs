import { createHmac } from "node:crypto";

const LIFETIME_SECONDS = 365 * 24 * 3600;

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function mint(role, secret) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: "supabase", role, iat: now, exp: now + LIFETIME_SECONDS };
  const body = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}

/** Maps each API key to the JWT of the role that it stands for. */
export function tokensByKey({ JWT_SECRET, PUBLISHABLE_KEY, SECRET_KEY }) {
  return new Map([
    [PUBLISHABLE_KEY, mint("anon", JWT_SECRET)],
    [SECRET_KEY, mint("service_role", JWT_SECRET)],
  ]);
}
