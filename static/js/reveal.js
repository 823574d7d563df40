// Masks what a reveal shows when its time is over, and when the page is left or comes back.
// The server decides: this only takes away sooner what it would no longer show.

const panel = document.querySelector("[data-reveal]");

const mask = () => {
  panel.querySelector("[data-reveal-rows]")?.remove();
  const over = panel.querySelector("[data-reveal-over]");
  if (over) over.hidden = false;
};

const again = () => location.replace(location.pathname);

if (panel) {
  const shownFor = Number(panel.dataset.revealSeconds) * 1000;
  const over = Date.now() + shownFor;
  setTimeout(() => {
    mask();
    again();
  }, shownFor);
  // A laptop that slept through the end masks when it wakes.
  document.addEventListener("visibilitychange", () => {
    if (Date.now() >= over) {
      mask();
      again();
    }
  });
  // Neither the back button nor a saved copy of the page brings it back.
  addEventListener("pagehide", mask);
  addEventListener("pageshow", (event) => event.persisted && again());
}
