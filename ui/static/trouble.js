// What Gradio says of a request that failed is in English and about its own insides: its notes are hidden
// (greffier.css), and the page says in the member's language what is wrong and what to do. The texts are in the HTML.
const box = () => document.querySelector("#question textarea");
const UNSENT = "unsent"; // what was being written while the server was away: Gradio then loads the page again

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
    away = true;
    say("away");
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
