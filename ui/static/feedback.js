// What a member says of an answer, and the question for the secretariat: sent at once, said aloud, changeable.

function place(element) {
  return {
    conversation: document.getElementById("here").dataset.conversation,
    number: Number(element.closest("article").dataset.number),
  };
}

async function post(address, body) {
  try {
    const reply = await fetch(address, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    return reply.ok;
  } catch {
    return false; // the server is away: the caller says that nothing was stored
  }
}

async function vote(button) {
  const group = button.closest(".feedback");
  const kind = button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.kind;
  const says = group.querySelector(".says");
  if (!(await post("/feedback", { ...place(button), kind }))) return void (says.textContent = says.dataset.failed);
  group.querySelectorAll(".vote").forEach((other) => {
    other.setAttribute("aria-pressed", String(other === button && kind !== ""));
  });
  group.querySelector(".word").hidden = kind === "" || kind === "useful";
  says.textContent = kind ? says.dataset.thanks : says.dataset.removed;
  group.scrollIntoView({ block: "nearest" }); // the field for a word would open below the question
}

async function word(form) {
  const group = form.closest(".feedback");
  const kind = group.querySelector('[aria-pressed="true"]')?.dataset.kind;
  const says = group.querySelector(".says");
  const sent = kind && (await post("/feedback", { ...place(form), kind, word: form.word.value }));
  says.textContent = sent ? says.dataset.thanks : says.dataset.failed;
  if (sent) form.hidden = true;
}

async function ask(form) {
  const details = form.closest("details");
  const says = details.parentElement.querySelector(".says");
  const button = form.querySelector("button");
  button.disabled = true;
  const body = { ...place(form), word: form.word.value, named: Boolean(form.named?.checked) };
  const sent = await post("/feedback/secretariat", body);
  button.disabled = false;
  says.textContent = sent ? says.dataset.sent : says.dataset.failed;
  if (!sent) return;
  details.hidden = true; // one cannot ask twice
  says.tabIndex = -1;
  says.focus();
}

// The form opens below its button, and the question's field lies over the end of the page. While it is open the style
// hides the report's field: what was begun in one goes on in the other, as nobody can tell two fields apart.
function opened(details) {
  const report = details.closest(".feedback")?.querySelector(".word")?.word;
  const request = details.querySelector(".to-secretariat")?.word;
  if (report && request) {
    const [from, to] = details.open ? [report, request] : [request, report];
    to.value = from.value;
  }
  if (details.open) details.scrollIntoView({ block: "nearest" });
}

export function watchFeedback() {
  document.addEventListener("toggle", (event) => event.target.matches(".secretariat") && opened(event.target), true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".vote");
    if (button) vote(button);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".word, .to-secretariat")) return;
    event.preventDefault();
    if (event.target.matches(".word")) word(event.target);
    else ask(event.target);
  });
}
