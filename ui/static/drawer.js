// The member's conversations: beside the chat on a wide screen, a drawer on a narrow one. The list is HTML made by the
// server; opening one presses Gradio's hidden button, which draws the conversation without loading the page again.
const WIDE = window.matchMedia("(min-width: 1240px)");
const PAUSE = 250; // milliseconds of silence before a search

const drawer = () => document.getElementById("drawer");
const find = () => drawer()?.querySelector("#find");
let asked = 0;
let timer = 0;

// What a member is doing with an entry must not close under their fingers because an answer has come; `always` when
// they have done it.
export async function showList(always = false) {
  const list = drawer()?.querySelector(".list");
  const used = () => !always && list.querySelector(":is(.actions, .rename, .confirm):not([hidden])");
  if (!list || used()) return;
  const turn = ++asked;
  const here = document.getElementById("here")?.dataset.conversation ?? "";
  const query = new URLSearchParams({ q: find()?.value ?? "", here });
  let markup = "";
  try {
    const reply = await fetch(`/conversations?${query}`);
    if (reply.ok) markup = await reply.text();
  } catch {
    // the server is away: said below, like any other failure
  }
  if (turn !== asked || used()) return;
  if (markup) list.innerHTML = markup;
  else list.textContent = list.dataset.failed;
}

function openDrawer() {
  if (WIDE.matches) return drawer().querySelector(".list a, .new").focus();
  drawer().open = false;
  drawer().showModal();
  showList(true);
}

function closeDrawer() {
  if (drawer()?.matches(":modal")) drawer().close();
}

function openConversation(id, push) {
  document.documentElement.dataset.wanted = id;
  if (push) history.pushState(null, "", id ? `/?c=${id}` : "/");
  document.getElementById("open").click();
  closeDrawer();
}

const send = (id, what, method, body) =>
  fetch(`/conversations/${id}${what}`, {
    method, headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}),
  });

function only(item, name) {
  drawer().querySelectorAll(".actions, .rename, .confirm").forEach((part) => (part.hidden = true));
  drawer().querySelectorAll(".more").forEach((button) => button.setAttribute("aria-expanded", "false"));
  if (!name) return void showList(); // what came meanwhile
  const part = item.querySelector(name);
  part.hidden = false;
  if (name === ".actions") item.querySelector(".more").setAttribute("aria-expanded", "true");
  part.querySelector("input, button").focus();
  part.querySelector("input")?.select();
}

async function remove(item) {
  const id = item.dataset.id;
  const current = document.getElementById("here")?.dataset.conversation === id;
  const reply = await send(id, "", "DELETE");
  if (!reply.ok) return void (item.querySelector(".confirm p").textContent = await reply.text());
  if (current) openConversation("", true);
  await showList(true);
  drawer().querySelector(".list a, .new").focus();
}

async function rename(form) {
  const item = form.closest("li");
  const reply = await send(item.dataset.id, "/title", "POST", { title: form.title.value });
  if (!reply.ok) return void form.title.setCustomValidity(await reply.text()), form.reportValidity();
  await showList(true);
  drawer().querySelector(`li[data-id="${item.dataset.id}"] a`)?.focus();
}

function click(event) {
  if (event.target.closest("#to-drawer")) return openDrawer();
  const inside = event.target.closest("#drawer");
  if (!inside) return;
  const link = event.target.closest("a[data-open]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    return openConversation(link.dataset.open, true);
  }
  const item = event.target.closest("li");
  const more = event.target.closest(".more");
  if (more) return only(item, more.getAttribute("aria-expanded") === "true" ? "" : ".actions");
  if (event.target.closest("[data-rename]")) return only(item, ".rename");
  if (event.target.closest("[data-delete]")) return only(item, ".confirm");
  if (event.target.closest("[data-sure]")) return remove(item);
  if (event.target.closest("[data-keep]")) {
    item.querySelector(".more").focus();
    return only(item, "");
  }
  const frame = inside.getBoundingClientRect();
  if (event.target.closest(".close") || (event.target === inside && event.clientX > frame.right)) closeDrawer();
}

export function watchDrawer() {
  document.addEventListener("click", click);
  document.addEventListener("submit", (event) => {
    if (!event.target.closest("#drawer")) return;
    event.preventDefault();
    if (event.target.matches(".rename")) rename(event.target);
    else showList(true);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "find") {
      clearTimeout(timer);
      timer = setTimeout(() => showList(true), PAUSE);
    }
    if (event.target.matches("#drawer .rename input")) event.target.setCustomValidity("");
  });
  window.addEventListener("popstate", () => {
    openConversation(new URLSearchParams(location.search).get("c") ?? "", false);
  });
  WIDE.addEventListener("change", () => {
    closeDrawer();
    if (drawer()) drawer().open = WIDE.matches;
  });
  new MutationObserver(() => {
    const found = drawer();
    if (found && WIDE.matches && !found.open) found.open = true;
    const list = found?.querySelector(".list");
    // drawn anew by Gradio, as when the language is known
    if (list && !list.dataset.filled) {
      list.dataset.filled = "yes";
      showList();
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
}
