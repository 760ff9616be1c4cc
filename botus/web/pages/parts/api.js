// Requests to botus, and what went wrong with one in a sentence.

const PATIENCE_MS = 20_000;

/** An answer that is not the wanted one: `message` is a sentence, `what` a code, `status` of HTTP (0: no answer). */
export class Problem extends Error {
  constructor(message, what, status, body = {}) {
    super(message);
    Object.assign(this, { what, status, body });
  }

  /** Whether the same request may well succeed later. */
  get mayPass() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const noAnswer = () => new Problem("No connection to botus", "offline", 0);

async function answer(path, options) {
  let response, text;
  try {
    response = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    text = await response.text();
  } catch {
    throw noAnswer();
  }
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Something between this page and botus has answered in its place.
  }
  if (response.ok && body !== null) return body;
  if (body?.problem) throw new Problem(body.problem, body.what, response.status, body);
  if (response.status === 401) throw new Problem("This browser is logged out", "login", 401);
  throw response.ok || response.status >= 500 ? noAnswer() : new Problem(`botus answered ${response.status}`, "", response.status);
}

export const get = (path) => answer(path, {});

export function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answer(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Make an id that nobody else makes; `crypto.randomUUID` is missing where the page comes over plain HTTP. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return this browser's id, the same after a reload. */
export function clientId() {
  try {
    localStorage.botusClient ||= newId();
    return localStorage.botusClient;
  } catch {
    return newId();
  }
}
