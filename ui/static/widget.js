// The widget without this script works as well; with it the reader hears that the answer is being looked for.
"use strict";
const form = document.getElementById("widget");
if (form) {
  form.addEventListener("submit", () => {
    document.getElementById("asking").textContent = form.dataset.asking;
    form.querySelector("button").disabled = true;
  });
}
