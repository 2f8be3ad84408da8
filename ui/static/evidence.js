// The panel that shows what proves an answer: opens the block that a button names, turns its pages, zooms, goes from
// source to source. Beside the answer on a wide screen; on a narrow one a sheet from below, which is a modal dialog.
const WIDE = window.matchMedia("(min-width: 1000px)");
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");
const LARGEST = 4; // times the width of the panel
const SWIPE = 70; // pixels downwards that close the sheet

const panel = () => document.getElementById("evidence");
const block = () => panel()?.querySelector(".shown > .evidence");
let opener = null; // the button that names what is shown
let zoom = 1;

export function openEvidence(button, focus) {
  const source = document.getElementById(button.dataset.evidence);
  const aside = panel();
  if (!source || !aside) return;
  // a button inside the panel, a passage or another version, goes with what was opened before
  if (!aside.contains(button)) opener = button;
  mark(button);
  const shown = source.cloneNode(true);
  shown.removeAttribute("id");
  shown.hidden = false;
  aside.querySelector(".shown").replaceChildren(shown);
  show(aside);
  const pictured = Boolean(shown.querySelector("figure"));
  aside.querySelector(".tools").hidden = !pictured;
  aside.querySelector(".others").hidden = !unused();
  count();
  setZoom(1);
  aside.scrollTop = 0;
  if (pictured) turn(0);
  if (focus) shown.querySelector("h3").focus({ preventScroll: WIDE.matches });
}

function mark(button) {
  document.querySelectorAll("[data-evidence].on").forEach((other) => other.classList.remove("on"));
  button.classList.add("on");
}

function show(aside) {
  if (WIDE.matches) {
    aside.open = true;
  } else if (!aside.matches(":modal")) {
    aside.open = false;
    aside.showModal();
    document.body.classList.add("proving");
  }
  aside.classList.add("filled");
}

// Evidence of an earlier answer beside a new question would be taken for its proof.
export function emptyEvidence() {
  const aside = panel();
  const hint = document.getElementById("no-evidence");
  if (!aside || !hint || !block()) return;
  closeEvidence();
  const copy = hint.cloneNode(true);
  copy.removeAttribute("id");
  copy.hidden = false;
  aside.querySelector(".shown").replaceChildren(copy);
  aside.classList.remove("filled");
  aside.querySelectorAll(".tools, .turns, .others").forEach((part) => (part.hidden = true));
  document.querySelectorAll("[data-evidence].on").forEach((other) => other.classList.remove("on"));
}

export function closeEvidence() {
  const aside = panel();
  if (!aside?.matches(":modal")) return;
  aside.close();
}

function closed() {
  document.body.classList.remove("proving");
  if (opener?.isConnected) opener.focus();
}

// Sources of the same answer, in the order of their numbers.
function sources() {
  const article = opener?.closest("article");
  if (!article) return [];
  const seen = new Map();
  article.querySelectorAll(".cite").forEach((cite) => {
    if (!seen.has(cite.dataset.evidence)) seen.set(cite.dataset.evidence, cite);
  });
  return [...seen.values()];
}

function count() {
  const aside = panel();
  const all = sources();
  const at = all.findIndex((cite) => cite.dataset.evidence === opener?.dataset.evidence);
  aside.querySelector(".turns").hidden = all.length < 2 || at < 0;
  aside.querySelector(".which").textContent = aside.dataset.of
    .replace("{number}", all[at]?.textContent ?? "").replace("{count}", all.length);
  aside.querySelector("[data-do=earlier]").disabled = at <= 0;
  aside.querySelector("[data-do=later]").disabled = at >= all.length - 1;
}

function step(by) {
  const all = sources();
  const at = all.findIndex((cite) => cite.dataset.evidence === opener.dataset.evidence);
  if (all[at + by]) openEvidence(all[at + by], false);
}

const unused = () => opener?.closest("article")?.querySelector(".unused .passages");

function listUnused() {
  const list = unused().cloneNode(true);
  list.querySelectorAll(".evidence").forEach((hidden) => hidden.remove());
  panel().querySelector(".shown").replaceChildren(list);
  panel().querySelector(".tools").hidden = true;
  panel().querySelector(".others").hidden = true;
  panel().scrollTop = 0;
  list.querySelector("button").focus();
}

// by 0 goes back to the cited page
function turn(by) {
  const shown = block();
  const cited = Number(shown.dataset.number);
  const number = by === 0 ? cited : Number(shown.dataset.shown) + by;
  const tools = (name) => panel().querySelector(`[data-do=${name}]`);
  shown.dataset.shown = number;
  const figure = shown.querySelector("figure");
  const image = shown.querySelector("img");
  const wait = shown.querySelector(".wait");
  const here = number === cited;
  shown.dataset.loading ??= wait.textContent;
  figure.dataset.shape ??= figure.style.aspectRatio;
  wait.textContent = shown.dataset.loading;
  wait.hidden = false;
  shown.querySelector("svg").style.visibility = here ? "" : "hidden";
  tools("cited").hidden = here;
  tools("back").disabled = number <= 1;
  tools("on").disabled = false;
  shown.dataset.cited ??= shown.querySelector(".name").textContent;
  shown.querySelector(".name").textContent = here ? shown.dataset.cited : shown.dataset.name.replace("{number}", number);
  image.dataset.alt ??= image.alt;
  image.alt = here ? image.dataset.alt : shown.querySelector(".name").textContent;
  shown.querySelector(".pdf").hash = `page=${number}`;
  image.onload = () => {
    wait.hidden = true;
    // pages of one document differ in shape; the cited one's is known to a hundredth of a point
    const marked = here && shown.querySelector(".mark");
    figure.style.aspectRatio = marked ? figure.dataset.shape : `${image.naturalWidth}/${image.naturalHeight}`;
    if (here) reveal();
  };
  image.onerror = () => fail(image.src, wait, here);
  image.src = `${shown.dataset.pages}/${number}${shown.dataset.query}`;
  lookAhead(shown, number);
}

// After the last page the button that turns to the next one rests.
async function lookAhead(shown, number) {
  const reply = await fetch(`${shown.dataset.pages}/${number}${shown.dataset.query}`, { method: "HEAD" }).catch(() => null);
  if (!reply?.ok || shown !== block() || Number(shown.dataset.shown) !== number) return;
  panel().querySelector("[data-do=on]").disabled = !reply.headers.get("link")?.includes('rel="next"');
}

// A picture cannot say why it failed; its address can.
async function fail(address, wait, here) {
  if (!here) {
    wait.textContent = wait.dataset.none;
    panel().querySelector("[data-do=on]").disabled = true;
    return;
  }
  const reply = await fetch(address);
  if (!reply.ok) wait.textContent = await reply.text();
}

// Brings the highlight into view: the panel's and, when it is enlarged, the picture's own.
function reveal() {
  const found = block()?.querySelector(".mark");
  const aside = panel();
  if (!found) return;
  const view = found.closest(".view");
  if (zoom > 1) {
    const [inner, outer] = [found.getBoundingClientRect(), view.getBoundingClientRect()];
    view.scrollLeft += inner.left - outer.left - outer.width / 8;
    view.scrollTop += inner.top - outer.top - outer.height / 3;
    return;
  }
  const top = found.getBoundingClientRect().top - aside.getBoundingClientRect().top + aside.scrollTop;
  const unseen = top < aside.scrollTop || top > aside.scrollTop + aside.clientHeight - 120;
  if (unseen) aside.scrollTo({ top: top - aside.clientHeight / 3, behavior: CALM.matches ? "auto" : "smooth" });
}

function setZoom(wanted, at) {
  const shown = block();
  const view = shown?.querySelector(".view");
  const before = zoom;
  zoom = Math.min(LARGEST, Math.max(1, wanted));
  panel().querySelector("[data-do=out]").disabled = zoom <= 1;
  panel().querySelector("[data-do=fit]").disabled = zoom <= 1;
  panel().querySelector("[data-do=in]").disabled = zoom >= LARGEST;
  if (!view) return;
  if (before === 1 && zoom > 1) view.style.height = `${Math.min(view.clientHeight, 0.62 * innerHeight)}px`;
  if (zoom === 1) view.style.height = "";
  const frame = view.getBoundingClientRect();
  const [x, y] = at ? [at.x - frame.left, at.y - frame.top] : [frame.width / 2, frame.height / 2];
  const [left, top] = [(view.scrollLeft + x) / before, (view.scrollTop + y) / before];
  shown.querySelector("figure").style.width = zoom === 1 ? "" : `${zoom * 100}%`;
  view.classList.toggle("zoomed", zoom > 1);
  view.scrollLeft = left * zoom - x;
  view.scrollTop = top * zoom - y;
  if (before === 1 && zoom > 1 && !at) reveal();
}

const DO = {
  earlier: () => step(-1), later: () => step(1), back: () => turn(-1), on: () => turn(1), cited: () => turn(0),
  in: () => setZoom(zoom * 1.4), out: () => setZoom(zoom / 1.4), fit: () => setZoom(1), others: listUnused,
};
const KEYS = { "+": "in", "=": "in", "-": "out", 0: "fit", PageDown: "on", PageUp: "back" };

function press(event) {
  const name = KEYS[event.key];
  const typing = event.target.closest("input, textarea");
  if (!name || typing || !block() || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const button = panel().querySelector(`[data-do=${name}]`);
  if (!button.disabled) DO[name]();
}

// Two fingers zoom the picture and not the page; one finger on the bar, downwards, puts the sheet away.
const fingers = new Map();
let pinch = null;
let swipe = null;
const spread = () => {
  const [one, other] = [...fingers.values()];
  return { far: Math.hypot(one.x - other.x, one.y - other.y), x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
};

function touch(event) {
  if (event.pointerType !== "touch") return;
  if (event.target.closest("#evidence .bar")) swipe = event.clientY;
  if (!event.target.closest("#evidence .view")) return;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  if (fingers.size === 2) pinch = { far: spread().far, zoom };
}

function move(event) {
  if (swipe !== null && event.clientY - swipe > SWIPE) {
    swipe = null;
    closeEvidence();
  }
  if (!fingers.has(event.pointerId)) return;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  if (pinch && fingers.size === 2) {
    const now = spread();
    setZoom((pinch.zoom * now.far) / pinch.far, now);
  }
}

function lift(event) {
  swipe = null;
  fingers.delete(event.pointerId);
  if (fingers.size < 2) pinch = null;
}

export function watchEvidence() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-evidence]");
    if (button) return openEvidence(button, true);
    const aside = event.target.closest("#evidence");
    if (!aside) return;
    const named = event.target.closest("[data-do]");
    if (named) return DO[named.dataset.do]();
    // a click on the dialog itself and outside of its box is one on what lies behind it
    const frame = aside.getBoundingClientRect();
    const outside = event.target === aside && (event.clientY < frame.top || event.clientX < frame.left);
    if (event.target.closest(".close") || outside) closeEvidence();
  });
  document.addEventListener("close", (event) => event.target.id === "evidence" && closed(), true);
  document.addEventListener("keydown", (event) => event.target.closest("#evidence") && press(event));
  document.addEventListener("dblclick", (event) => {
    if (event.target.closest("#evidence .view")) setZoom(zoom > 1 ? 1 : 2, { x: event.clientX, y: event.clientY });
  });
  document.addEventListener("wheel", (event) => {
    if (!event.ctrlKey || !event.target.closest("#evidence .view")) return;
    event.preventDefault();
    setZoom(zoom * Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY });
  }, { passive: false });
  document.addEventListener("pointerdown", touch);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", lift);
  document.addEventListener("pointercancel", lift);
  // from a sheet to a panel and back, when a tablet is turned
  WIDE.addEventListener("change", () => {
    if (WIDE.matches) closeEvidence();
    const aside = panel();
    if (aside) aside.open = WIDE.matches;
  });
  const ready = new MutationObserver(() => {
    const aside = panel();
    if (aside && WIDE.matches && !aside.open) aside.open = true;
  });
  ready.observe(document.documentElement, { childList: true, subtree: true });
}
