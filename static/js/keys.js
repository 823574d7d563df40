// Which keys move through a list? / searches, j and k go on and back, Enter opens, ? explains. Off by switch.

const on = document.querySelector("[data-keys=on]");

const rows = () => [...document.querySelectorAll("[data-row] [data-open]")];

const step = (by) => {
  const links = rows();
  if (!links.length) return document.querySelector(by > 0 ? "[data-next]" : "[data-previous]")?.click();
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next].focus();
  links[next].closest("[data-row]").scrollIntoView({ block: "nearest" });
};

const help = () => {
  const list = document.getElementById("keys-help");
  list.open = true;
  list.querySelector("summary").focus();
};

const actions = {
  "/": () => document.getElementById("search")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  "?": help,
};

const press = (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
};

if (on) document.addEventListener("keydown", press);
