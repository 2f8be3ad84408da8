// What the page does without asking the server: shows the evidence a button names, turns its pages,
// keeps the page's language attribute right. Every text comes from the HTML; none is written here.
(() => {
  "use strict";
  const WIDE = window.matchMedia("(min-width: 1000px)");
  const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");
  let opener = null; // the button to give the focus back to

  const panel = () => document.getElementById("evidence");
  const smooth = () => (CALM.matches ? "auto" : "smooth");

  function open(button, focus) {
    const source = document.getElementById(button.dataset.evidence);
    const aside = panel();
    if (!source || !aside) return;
    opener = button;
    document.querySelectorAll(".cite.on, .passage.on").forEach((b) => b.classList.remove("on"));
    button.classList.add("on");
    const shown = source.cloneNode(true);
    shown.removeAttribute("id");
    shown.hidden = false;
    aside.querySelector(".shown").replaceChildren(shown);
    aside.classList.add("open");
    document.body.classList.add("proving");
    turn(shown, 0);
    if (focus) shown.querySelector("h3").focus({ preventScroll: WIDE.matches });
  }

  // Evidence of an earlier answer beside a new question would be taken for its proof.
  function empty() {
    const shown = panel()?.querySelector(".shown");
    const hint = document.getElementById("no-evidence");
    if (!shown || !hint || !shown.querySelector(".evidence")) return;
    close();
    const copy = hint.cloneNode(true);
    copy.removeAttribute("id");
    copy.hidden = false;
    shown.replaceChildren(copy);
    document.querySelectorAll(".cite.on, .passage.on").forEach((b) => b.classList.remove("on"));
  }

  function close() {
    const aside = panel();
    if (!aside || !aside.classList.contains("open")) return;
    aside.classList.remove("open");
    document.body.classList.remove("proving");
    if (opener && opener.isConnected) opener.focus();
  }

  // step 0 goes back to the cited page
  function turn(shown, step) {
    const cited = Number(shown.dataset.number);
    const number = step === 0 ? cited : Number(shown.dataset.shown) + step;
    shown.dataset.shown = number;
    const image = shown.querySelector("img");
    const wait = shown.querySelector(".wait");
    const here = number === cited;
    shown.dataset.loading ??= wait.textContent;
    wait.textContent = shown.dataset.loading;
    wait.hidden = false;
    shown.querySelector("svg").style.visibility = here ? "" : "hidden";
    shown.querySelector('[data-step="0"]').hidden = here;
    shown.querySelector('[data-step="-1"]').disabled = number <= 1;
    shown.querySelector('[data-step="1"]').disabled = false;
    shown.dataset.cited ??= shown.querySelector(".name").textContent;
    shown.querySelector(".name").textContent = here
      ? shown.dataset.cited
      : shown.dataset.name.replace("{number}", number);
    image.dataset.alt ??= image.alt;
    image.alt = here ? image.dataset.alt : shown.querySelector(".name").textContent;
    const link = shown.querySelector(".pdf");
    link.hash = `page=${number}`;
    image.onload = () => {
      wait.hidden = true;
      if (here) reveal(shown);
    };
    image.onerror = () => fail(image.src, wait, shown, here);
    image.src = `${shown.dataset.pages}/${number}${shown.dataset.query}`;
  }

  // A picture cannot say why it failed; its address can.
  async function fail(address, wait, shown, here) {
    if (!here) {
      wait.textContent = wait.dataset.none;
      shown.querySelector('[data-step="1"]').disabled = true;
      return;
    }
    const reply = await fetch(address);
    if (!reply.ok) wait.textContent = await reply.text();
  }

  function reveal(shown) {
    const mark = shown.querySelector(".mark");
    const aside = panel();
    if (!mark) return;
    const top = mark.getBoundingClientRect().top - aside.getBoundingClientRect().top + aside.scrollTop;
    const unseen = top < aside.scrollTop || top > aside.scrollTop + aside.clientHeight - 60;
    if (unseen) aside.scrollTo({ top: top - aside.clientHeight / 3, behavior: smooth() });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-evidence]");
    if (button) return open(button, true);
    if (event.target.closest("#evidence .close")) return close();
    const step = event.target.closest("#evidence [data-step]");
    if (step) return turn(step.closest(".evidence"), Number(step.dataset.step));
    const skip = event.target.closest("a.skip");
    if (skip) {
      event.preventDefault();
      document.querySelector("#question textarea")?.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });

  // Gradio redraws parts of the page at any time; these two follow from what is there.
  let seen = "";
  let proved = "";
  new MutationObserver(() => {
    const language = document.querySelector("header[data-language]")?.dataset.language;
    if (language && document.documentElement.lang !== language) document.documentElement.lang = language;
    const current = document.querySelector("#current article");
    if (!current) {
      if (seen) empty();
      return void (seen = "");
    }
    if (current.id !== seen) {
      seen = current.id;
      empty();
      if (current.classList.contains("busy")) current.scrollIntoView({ block: "start", behavior: smooth() });
      else proved = current.id;
    }
    if (current.classList.contains("done") && proved !== current.id) {
      proved = current.id;
      const first = current.querySelector(".cite");
      if (first && WIDE.matches) open(first, false);
    }
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-language", "class"] });
})();
