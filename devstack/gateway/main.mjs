// The one origin of the local stack, as hosted Supabase has one: PostgREST, Auth, Storage and our webhook app.
import { createServer } from "node:http";
import { answerJson, answerPreflight } from "./answers.mjs";
import { tokensByKey } from "./keys.mjs";
import { authDoor } from "./lite.mjs";
import { forward } from "./proxy.mjs";
import { restDoor } from "./rest.mjs";
import { readSettings } from "./settings.mjs";
import { storageDoor } from "./storage.mjs";

const settings = readSettings(process.env);
const webhookApp = (request, response) =>
  forward(request, response, { part: "the webhook app", url: settings.WEBHOOKS_URL, path: request.url });

const doors = [
  ["/rest/v1", restDoor({ url: settings.POSTGREST_URL, tokens: tokensByKey(settings) })],
  ["/auth/v1", authDoor(settings)],
  ["/storage/v1", storageDoor(settings)],
  ["/webhooks", webhookApp],
  ["/api/v1", webhookApp],
  ["/api/health", webhookApp],
  ["/health", webhookApp],
];

const server = createServer((request, response) => {
  const found = doors.find(([prefix]) => request.url.startsWith(prefix) && /^([/?]|$)/.test(request.url.slice(prefix.length)));
  if (!found) return answerJson(response, 404, { message: "Nothing here", paths: doors.map(([prefix]) => prefix) });
  if (answerPreflight(request, response)) return;
  const [prefix, open] = found;
  try {
    open(request, response, request.url.slice(prefix.length));
  } catch (error) {
    console.error(error);
    answerJson(response, 400, { message: "This request cannot be passed on" });
  }
});

server.listen(Number(settings.PORT), "127.0.0.1", () => console.log(`listening on 127.0.0.1:${settings.PORT}`));
server.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});

// When Postgres goes away in the middle of a transaction, the driver leaves promises of its own behind, and writes to a socket that it has
// let go of. Whoever waited has been told. Any other exception is the end, as always.
process.on("unhandledRejection", (error) => console.error(error));
process.on("uncaughtException", (error) => {
  console.error(error);
  if (!error?.stack?.includes("/node_modules/postgres/")) process.exit(1);
});

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 2000).unref();
});
