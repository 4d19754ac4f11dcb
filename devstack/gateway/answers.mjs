const EXPOSED = "Content-Range, Content-Location, Location, Preference-Applied, Content-Disposition, ETag";

/** Lets browsers of any origin read the answer, as hosted Supabase does. */
export const READABLE = { "access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED };

export function answerJson(response, status, body) {
  response.writeHead(status, { ...READABLE, "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Answers a browser's question whether it may send a request; tells whether it was one. */
export function answerPreflight(request, response) {
  if (request.method !== "OPTIONS" || !request.headers["access-control-request-method"]) return false;
  response.writeHead(204, {
    ...READABLE,
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "*",
    "access-control-max-age": "86400",
    vary: "access-control-request-headers",
  });
  response.end();
  return true;
}
