// The admin's pages: on a phone the name of the page that one is on is scrolled into the row of names; files dropped onto
// the form, and the ingestion's progress without reloading.
// Everything works without it: the form is a plain form, the page can be reloaded.
"use strict";

document.querySelector(".sub [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

for (const drop of document.querySelectorAll(".drop")) {
  const input = drop.querySelector("input[type=file]");
  const warning = drop.querySelector("[data-too-much]");
  const check = () => {
    const total = [...input.files].reduce((sum, file) => sum + file.size, 0);
    warning.hidden = total <= Number(drop.dataset.limit);
    drop.querySelector("button").disabled = !warning.hidden;
  };
  input.addEventListener("change", check);
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; check(); }
  });
}

const job = document.querySelector("[data-status]");
if (job) {
  const bar = job.querySelector("progress"), text = job.querySelector("[data-text]");
  const look = async () => {
    try {
      const reply = await fetch(job.dataset.status, { cache: "no-store" });
      const now = await reply.json();
      if (!now.running) { location.reload(); return; }
      text.textContent = now.text;
      if (now.total) { bar.max = now.total; bar.value = now.done; } else { bar.removeAttribute("value"); }
    } catch { /* the server may be starting again: the next look will tell */ }
    setTimeout(look, 1000);
  };
  setTimeout(look, 700);
}
