// What does every page do for its reader? Focus goes to what went wrong; a lost connection is said.

const focusFirstError = () => document.querySelector("[data-focus]")?.focus();

const say = (text) => {
  const place = document.getElementById("messages");
  if (!place) return;
  const note = document.createElement("p");
  note.className = "cu-tag cu-tag--alert";
  note.textContent = text;
  place.replaceChildren(note);
};

// The menu covers what is below it: it closes when its reader goes on elsewhere.
const closeMenu = (within) => {
  const menu = document.querySelector(".cu-nav__menu[open]");
  if (menu && !menu.contains(within)) menu.open = false;
};

// htmx notes the page's address in the session's storage; nothing stays in this browser.
addEventListener("pagehide", () => sessionStorage.clear());
document.addEventListener("DOMContentLoaded", focusFirstError);
document.addEventListener("click", (event) => closeMenu(event.target));
document.addEventListener("focusin", (event) => closeMenu(event.target));
document.addEventListener("keydown", (event) => event.key === "Escape" && closeMenu(null));
document.addEventListener("htmx:sendError", () => say("The server can't be reached. Nothing was changed."));
document.addEventListener("htmx:responseError", () => say("The server refused this step. Load the page again."));
focusFirstError();
