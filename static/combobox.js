// Suggestions below a text field with data-candidates, the address of a list of {kind, path, listed, can_add}. The field
// works as any other without this file. Pattern: WAI-ARIA combobox, list autocomplete with manual selection.
"use strict";

const WAIT = 200; // milliseconds without a key before the server is asked
const LEAST = 2; // letters

class Combobox {
  constructor(field) {
    this.field = field;
    this.words = field.dataset;
    this.items = [];
    this.active = -1;
    this.list = document.createElement("ul");
    this.list.id = `${field.id}-candidates`;
    this.list.className = "candidates";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.words.suggestions);
    this.status = document.createElement("span");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    // The field stays where it is, or it would lose the keyboard.
    field.parentElement.classList.add("combobox");
    field.after(this.list, this.status);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("input", () => this.wait());
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.close());
    // Before the field loses the keyboard: a click in the list does not blur it.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose([...this.list.children].indexOf(option));
    });
  }

  wait() {
    clearTimeout(this.timer);
    this.request?.abort();
    if (this.field.value.trim().length < LEAST) this.close();
    else this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    this.request = new AbortController();
    const address = new URL(this.words.candidates, window.location.href);
    address.searchParams.set("search", this.field.value.trim().slice(0, 255));
    try {
      const answer = await fetch(address, { signal: this.request.signal, headers: { Accept: "application/json" } });
      if (answer.ok) this.show(await answer.json());
      else this.close();
    } catch {
      this.close(); // aborted, or no connection: the field takes any path
    }
  }

  show(items) {
    if (document.activeElement !== this.field) return;
    this.items = items;
    this.active = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...items.map((item, number) => this.option(item, number)));
    this.list.hidden = !items.length;
    this.field.setAttribute("aria-expanded", String(items.length > 0));
    this.status.textContent = items.length ? this.words.found.replace("0", items.length) : this.words.none;
  }

  option(item, number) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${number}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const path = document.createElement("span");
    path.className = "path";
    path.textContent = item.path;
    const note = document.createElement("span");
    note.className = "small soft";
    const why = item.listed ? this.words.listed : item.can_add ? "" : this.words.foreign;
    note.textContent = [this.words[item.kind], why].filter(Boolean).join(", ");
    option.append(path, " ", note);
    return option;
  }

  key(event) {
    if (event.isComposing) return;
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) this.wait();
      else this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && open && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      this.close();
    }
  }

  move(step) {
    const options = this.list.children;
    options[this.active]?.setAttribute("aria-selected", "false");
    // One place before the first stands for the field itself.
    this.active = ((this.active + 1 + step + options.length + 1) % (options.length + 1)) - 1;
    const option = options[this.active];
    if (!option) {
      this.field.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", option.id);
  }

  choose(number) {
    this.field.value = this.items[number].path;
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.list.hidden = true;
    this.active = -1;
    this.status.textContent = "";
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}

function upgrade(part) {
  for (const field of part.querySelectorAll("input[data-candidates]:not([role])")) new Combobox(field);
}

upgrade(document);
document.addEventListener("htmx:afterSettle", (event) => upgrade(event.target));
