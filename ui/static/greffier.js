// The chat page: what it does without asking the server, and its parts. Every text comes from the HTML; none is
// written here. Gradio redraws parts of the page at any time, so that everything is found anew when it is needed.
import { closeEvidence, emptyEvidence, openEvidence, watchEvidence } from "./evidence.js";
import { showList, watchDrawer } from "./drawer.js";
import { watchFeedback } from "./feedback.js";
import { watchTrouble } from "./trouble.js";

const WIDE = window.matchMedia("(min-width: 1000px)");
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");
const box = () => document.querySelector("#question textarea");

watchEvidence();
watchDrawer();
watchFeedback();
watchTrouble();

function menu(open) {
  const button = document.getElementById("to-menu");
  if (!button) return;
  button.setAttribute("aria-expanded", String(open));
  button.closest("header").classList.toggle("menu-open", open);
}

// A question that was stopped or failed goes back to where it can be changed and sent.
function again(question) {
  const field = box();
  field.value = question;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

document.addEventListener("click", (event) => {
  const toMenu = event.target.closest("#to-menu");
  if (toMenu) return menu(toMenu.getAttribute("aria-expanded") !== "true");
  if (!event.target.closest("#menu")) menu(false);
  const repeated = event.target.closest(".again");
  if (repeated) return again(repeated.dataset.question);
  if (event.target.closest("a.skip")) {
    event.preventDefault();
    box()?.focus();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const opened = document.querySelector("#to-menu[aria-expanded=true]");
  if (opened) {
    menu(false);
    opened.focus();
  } else closeEvidence();
});

// The page's address names the conversation, so that reloading and the browser's history come back to it.
let here = null;
function follow() {
  const place = document.getElementById("here");
  if (!place) return;
  const { conversation, title } = place.dataset;
  const now = `${conversation} ${title}`;
  if (now === here) return;
  const first = here === null;
  here = now;
  const named = new URLSearchParams(location.search).get("c") ?? "";
  // until the server has said which conversation this is, the address knows better
  if (named !== conversation && !(first && !conversation)) {
    history.replaceState(null, "", conversation ? `/?c=${conversation}` : "/");
  }
  showList();
}

// An answer that a later question pushes up stays as it was drawn: the server sends each exchange once. `held` is a copy
// of the current one as last seen, as Gradio makes the next one of its very elements.
let held = null;
function keep(current) {
  const past = document.querySelector("#passed .past");
  if (!past) return;
  const here = current?.dataset.conversation;
  if (held && current && held.id !== current.id && held.dataset.conversation === here) past.append(held);
  held = current?.classList.contains("done") ? current.cloneNode(true) : null;
  const sent = new Set([...document.querySelectorAll("#earlier article, #current article")].map((other) => other.id));
  past.querySelectorAll("article").forEach((one) => {
    if (one.dataset.conversation !== here || sent.has(one.id)) one.remove();
  });
}

let seen = "";
let proved = "";
function look() {
  follow();
  const current = document.querySelector("#current article");
  keep(current);
  if (!current) {
    if (seen) emptyEvidence();
    return void (seen = "");
  }
  const id = `${here} ${current.id}`;
  if (id !== seen) {
    seen = id;
    emptyEvidence();
    if (current.classList.contains("busy")) {
      current.scrollIntoView({ block: "start", behavior: CALM.matches ? "auto" : "smooth" });
    } else {
      proved = id;
      current.scrollIntoView({ block: "start" });
    }
  }
  if (current.classList.contains("done") && proved !== id) {
    proved = id;
    const first = current.querySelector(".cite");
    if (first && WIDE.matches) openEvidence(first, false);
  }
}
new MutationObserver(look).observe(document.documentElement, {
  childList: true, subtree: true, attributes: true, attributeFilter: ["data-conversation", "data-title", "class"],
});
