import { Agent, request as open } from "node:http";
import { answerJson, READABLE } from "./answers.mjs";

// They belong to one connection, not to the message.
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
// What only we may say: where a request came from, and that it may use a grant.
const OURS = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-api-grant"];

// An idle connection is given up before the shortest of the servers behind us would close it under a request.
const agent = new Agent({ keepAlive: true, timeout: 1500 });

function forwardedHeaders(request, changed) {
  const headers = { ...request.headersDistinct };
  for (const name of [...HOP_BY_HOP, ...OURS]) delete headers[name];
  headers.host = request.headers.host ?? "";
  headers["x-forwarded-for"] = request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "";
  return { ...headers, ...changed };
}

function returnedHeaders(answer) {
  const headers = { ...answer.headersDistinct };
  for (const name of HOP_BY_HOP) delete headers[name];
  for (const name of Object.keys(headers)) if (name.startsWith("access-control-")) delete headers[name];
  return { ...headers, ...READABLE };
}

/** Passes a request on to a part and its answer back, both as streams. `headers` replaces some of the request's. */
export function forward(request, response, { part, url, path, headers = {} }) {
  const { hostname, port } = new URL(url);
  const onward = open({ agent, hostname, port, path, method: request.method, headers: forwardedHeaders(request, headers) });
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode, returnedHeaders(answer));
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  onward.on("error", (error) => {
    if (response.headersSent) return response.destroy();
    if (response.destroyed) return;
    console.error(`${part} cannot be reached: ${error.message}`);
    answerJson(response, 502, { message: `${part} cannot be reached`, part });
  });
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}
