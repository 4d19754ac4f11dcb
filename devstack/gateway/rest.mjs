import { answerJson } from "./answers.mjs";
import { forward } from "./proxy.mjs";

/** Takes `apikey` out of a query string, where PostgREST would take it for a filter. */
function splitQuery(query) {
  const key = new URLSearchParams(query).get("apikey");
  const rest = query.split("&").filter((pair) => !pair.startsWith("apikey=")).join("&");
  return { key, rest };
}

/** The door to PostgREST: an API key stands for a role unless a user's own token comes with it. */
export function restDoor({ url, tokens }) {
  return (request, response, path) => {
    const [pathname, query = ""] = path.split(/\?(.*)/s);
    const { key: queryKey, rest } = splitQuery(query);
    const key = request.headers.apikey ?? queryKey;
    if (!key) return answerJson(response, 401, { message: "No API key found in request" });
    const token = tokens.get(key);
    if (!token) return answerJson(response, 401, { message: "Invalid API key" });
    const { authorization } = request.headers;
    // Whatever else stands there is PostgREST's to judge.
    const own = authorization && authorization !== `Bearer ${key}`;
    forward(request, response, {
      part: "PostgREST",
      url,
      path: (pathname || "/") + (rest && `?${rest}`),
      headers: own ? {} : { authorization: `Bearer ${token}` },
    });
  };
}
