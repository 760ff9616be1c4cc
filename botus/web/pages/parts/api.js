// Requests to botus, and what went wrong with one in a sentence.

const PATIENCE_MS = 20_000;

/** The bot that this page was loaded from; another one may answer at the same address later. */
export const BOT = document.documentElement.dataset.bot;

/** An answer that is not the wanted one: `message` is a sentence, `what` a code, `status` of HTTP (0: no answer). */
export class Problem extends Error {
  constructor(message, what, status, body = {}) {
    super(message);
    Object.assign(this, { what, status, body });
  }

  /** Whether nothing is wrong with the request itself: sent again when things have changed, it may well succeed. */
  get mayPass() {
    return [0, 401, 403, 429].includes(this.status) || this.status >= 500 || ["bot", "taken", "busy"].includes(this.what);
  }
}

const noAnswer = () => new Problem("No connection to botus", "offline", 0);

async function answer(path, options) {
  let response, text;
  try {
    const headers = { ...options.headers, "Botus-Page": BOT };
    response = await fetch(path, { ...options, headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
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
  throw noAnswer();
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

let client = newId();
try {
  client = localStorage.botusClient ||= client;
} catch {
  // This browser keeps nothing: after a reload it is another one.
}

/** Return this browser's id, the same after a reload. */
export const clientId = () => client;
