const NAMES = [
  "PORT",
  "POSTGREST_URL",
  "WEBHOOKS_URL",
  "AUTH_DATABASE_URL",
  "STORAGE_DATABASE_URL",
  "STORAGE_DIRECTORY",
  "JWT_SECRET",
  "PUBLISHABLE_KEY",
  "SECRET_KEY",
];

/** Reads GATEWAY_… variables; one message names everything that is missing. */
export function readSettings(environment) {
  const missing = NAMES.filter((name) => !environment[`GATEWAY_${name}`]);
  if (missing.length > 0) throw new Error(`missing: ${missing.map((name) => `GATEWAY_${name}`).join(", ")}`);
  return Object.fromEntries(NAMES.map((name) => [name, environment[`GATEWAY_${name}`]]));
}
