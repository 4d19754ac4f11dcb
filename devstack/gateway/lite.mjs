// Auth of hosted Supabase, played by @supabase/lite. Its /rest/v1 is never used: it grants privileges.
import { getRequestListener } from "@hono/node-server";
import { App } from "@supabase/lite";
import { PostgresConnection } from "@supabase/lite/postgres";
import { READABLE } from "./answers.mjs";

// As it comes, the driver encodes JSON twice and prints a time zone as "+00".
const json = (oid) => ({
  to: oid,
  from: [oid],
  serialize: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  parse: JSON.parse,
});
const timestamptz = {
  to: 1184,
  from: [1184],
  serialize: (value) => value,
  parse: (value) => value.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"),
};

class Connection extends PostgresConnection {
  constructor(url) {
    super({ url, postgresOptions: { max: 4, onnotice: () => {}, types: { json: json(114), jsonb: json(3802), timestamptz } } });
  }

  // The original would grant everything to the API roles.
  async ensureRlsContext() {
    return true;
  }
}

function listener(app) {
  return getRequestListener(async (request, { incoming }) => {
    const answer = await app.fetch(request, { peerAddress: incoming.socket.remoteAddress ?? null });
    for (const [name, value] of Object.entries(READABLE)) answer.headers.set(name, value);
    return answer;
  });
}

function options({ JWT_SECRET, PUBLISHABLE_KEY, SECRET_KEY, PORT }) {
  return {
    auth: {
      enabled: true,
      jwt_secret: JWT_SECRET,
      publishable_key: PUBLISHABLE_KEY,
      secret_key: SECRET_KEY,
      site_url: `http://127.0.0.1:${PORT}`,
      minimum_password_length: 8,
      email: { enable_confirmations: false },
    },
    db: { migrations: { enabled: false } },
    options: { server: { admin: false } },
  };
}

export function authDoor(settings) {
  return listener(new App({ ...options(settings), connection: new Connection(settings.AUTH_DATABASE_URL) }));
}
