// What Gradio says of a request that failed is in English and about its own insides: its notes are hidden
// (greffier.css), and the page says in the member's language what is wrong and what to do. The texts are in the HTML.
const box = () => document.querySelector("#question textarea");
const UNSENT = "unsent"; // what was being written while the server was away
const PAUSE = 3000; // milliseconds between two looks for the server

let away = false;
let failing = false;

function say(name) {
  const line = document.getElementById("trouble");
  if (!line) return;
  line.hidden = !name;
  line.querySelector("span").textContent = name ? line.dataset[name] : "";
  line.querySelector("a").hidden = name !== "ended";
}

async function explain() {
  try {
    const reply = await fetch("/conversations?q=", { cache: "no-store" });
    away = false;
    say(reply.status === 401 || reply.redirected ? "ended" : "again");
  } catch {
    if (!away) setTimeout(comeBack, PAUSE);
    away = true;
    say("away");
  }
}

// Gradio asks an address that is closed here whether the server is back. Its events do not outlive the server's end, so
// that the page is loaded again.
async function comeBack() {
  try {
    await fetch("/health", { cache: "no-store" });
    location.reload();
  } catch {
    setTimeout(comeBack, PAUSE);
  }
}

function look() {
  const now = Boolean(document.querySelector(".toast-body.error"));
  if (now && !failing) explain();
  failing = now;
  if (!now && document.querySelector("#current article.busy")) say("");
  const kept = sessionStorage.getItem(UNSENT);
  if (kept && box() && !box().value) {
    sessionStorage.removeItem(UNSENT);
    box().value = kept;
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }
}

export function watchTrouble() {
  window.addEventListener("pagehide", () => {
    if (away && box()?.value) sessionStorage.setItem(UNSENT, box().value);
  });
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
}
