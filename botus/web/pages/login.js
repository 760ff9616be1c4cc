// Hands in the login that stands behind the # of the address, and goes on to the page. A second address that is
// opened in the same tab changes only what stands behind the #.

const said = document.getElementById("said");

async function login() {
  const token = location.hash.slice(1);
  history.replaceState(null, "", "/login");
  said.textContent = "Logging in…";
  const answer = await fetch("/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (answer.ok) {
    location.replace("/");
  } else {
    said.textContent = (await answer.json()).problem;
  }
}

function enter() {
  login().catch(() => {
    said.textContent = "botus does not answer: is botus web still running? Open the address once more.";
  });
}

addEventListener("hashchange", enter);
enter();
