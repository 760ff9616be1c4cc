// Hands in the login that stands behind the # of the address, and goes on to the page.

const said = document.getElementById("said");
const token = location.hash.slice(1);
history.replaceState(null, "", "/login");

async function login() {
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

login().catch(() => {
  said.textContent = "botus does not answer: is botus web still running? Open the address once more.";
});
