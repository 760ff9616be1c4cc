// Changes that botus is asked for: until it has answered, and with the way out where somebody reviews elsewhere.

import { h, plain, say } from "../parts/dom.js";
import { newId } from "../parts/api.js";

const AGAIN_MS = 1500;
const TRIES = 20; // without an answer; a platform that takes its time is answered for

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Ask under one id until it is done: a request that is sent again is the same change. */
export async function until(api, path, body) {
  for (let failed = 0; ; ) {
    try {
      const answer = await api.post(path, body);
      if (!answer.going) return answer;
    } catch (problem) {
      const isUnheard = problem.status === 0 || problem.status === 429;
      if (!isUnheard || ++failed > TRIES) throw problem;
    }
    await pause(AGAIN_MS);
  }
}

/** Make a change; where somebody reviews in a terminal, a button takes over and does it. */
export async function changed(api, path, body, done) {
  try {
    done(await until(api, path, body));
  } catch (problem) {
    if (problem.what !== "busy" || body.take_over) return failure(problem);
    say("Somebody reviews in a terminal now", ["Take over, and do it", () => changed(api, path, { ...body, id: newId(), take_over: true }, done)]);
  }
}

export function failure(problem) {
  say(problem.what === "offline" ? "There is no connection now, and this needs one" : problem.message);
}

/** A link, where it is one: whatever a log holds, nothing but http leads anywhere. */
export function link(url, words = url) {
  if (!/^https?:\/\//i.test(url)) return "";
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, plain(words));
}

/** What became of a post on each target. */
export function outcomes(targets) {
  return h("ul", { class: "outcomes" }, targets.map((one) => h("li", {}, h("b", {}, plain(one.target)), " ", plain(one.state), " ", link(one.url) || plain(one.error))));
}
