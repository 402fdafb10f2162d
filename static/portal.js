// Progressive enhancement only: every page works without this file. No eval, no inline handlers, no dependencies but htmx's events.
"use strict";

// Copy block: the button names the element whose text it copies; the icon stays, the word answers.
async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const word = button.querySelector("[data-copy-word]") || button;
  const before = word.textContent;
  let answer = button.dataset.copied || "Copied";
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    // Without HTTPS there is no clipboard: select the text, so that the keys for copying do the rest.
    getSelection().selectAllChildren(source);
    answer = button.dataset.selected || "Selected";
  }
  word.textContent = answer;
  setTimeout(() => { word.textContent = before; }, 2000);
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) {
    event.preventDefault();
    dismiss.closest(".toast-line").remove();
    document.getElementById("main").focus({ preventScroll: true });
  }
  closeMenus(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// The log of a running job is shown from its end and stays there while lines come; who reads further up is not moved.
let follows = true;
const runningLog = () => document.querySelector(".log[data-follow]");

function toEndOfLog() {
  const log = runningLog();
  if (log) log.scrollTop = log.scrollHeight;
}

if (!location.hash) toEndOfLog();

document.addEventListener("htmx:beforeSwap", () => {
  const log = runningLog();
  follows = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 48;
});

document.addEventListener("htmx:afterSettle", () => { if (follows) toEndOfLog(); });

// The stages of a running pipeline are fetched anew; who has moved them sideways finds them there.
let stagesAt = 0;

document.addEventListener("htmx:beforeSwap", () => { stagesAt = document.getElementById("stages")?.scrollLeft || 0; });

document.addEventListener("htmx:afterSettle", () => {
  const stages = document.getElementById("stages");
  if (stages && stagesAt) stages.scrollLeft = stagesAt;
});

// After a swap the keyboard goes where the eye goes: to the first error, to what asks for it, or to the new main part.
document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.target; // the new element: detail.target may be the one that was replaced
  const goal = part.querySelector("[aria-invalid=true], [autofocus], [data-focus]") || (part.id === "main" ? part : null);
  if (goal) goal.focus({ preventScroll: part.id === "main" });
});

// In a low window the side navigation scrolls by itself: begin where one is. scrollIntoView would move the page too.
for (const link of document.querySelectorAll(".sidenav [aria-current]")) {
  const nav = link.closest(".sidenav");
  const below = link.getBoundingClientRect().bottom - nav.getBoundingClientRect().bottom;
  if (below > 0) nav.scrollTop += below + link.offsetHeight;
}
