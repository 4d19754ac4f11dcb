import { createHmac, timingSafeEqual } from "node:crypto";

const ROLES = ["anon", "authenticated", "service_role"];

function signature(body, secret) {
  return createHmac("sha256", secret).update(body).digest();
}

function decode(part) {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}

/** The claims of a token that is ours and not over; null for anything else. */
export function verified(token, secret, now = Date.now()) {
  const [header, payload, signed, ...more] = token.split(".");
  try {
    if (signed === undefined || more.length > 0 || decode(header).alg !== "HS256") return null;
    const expected = signature(`${header}.${payload}`, secret);
    const given = Buffer.from(signed, "base64url");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const claims = decode(payload);
    return typeof claims.exp === "number" && claims.exp * 1000 <= now ? null : claims;
  } catch {
    return null;
  }
}

/** Who asks: the claims of the user's token, or of what an API key stands for; null when the token is no good. */
export function callerOf(headers, { tokens, secret }) {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  const key = bearer ?? headers.apikey;
  if (!key) return { role: "anon" };
  const claims = verified(tokens.get(key) ?? key, secret);
  return claims && ROLES.includes(claims.role) ? claims : null;
}
