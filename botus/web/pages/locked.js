// Somebody who comes by a link from elsewhere is not known at first: browsers keep the cookie back then.
// Asked from here, the page may be open after all.

fetch("/", { method: "HEAD" }).then((answer) => {
  if (answer.ok) location.replace("/");
}).catch(() => {});
