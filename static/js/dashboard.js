// Says how many are chosen, and offers to choose the whole page. The form works without it.
const form = document.querySelector("[data-bulk]");
const count = form?.querySelector("[data-bulk-count]");

if (form && count) {
  const boxes = [...form.querySelectorAll("input.cu-box")];
  const all = document.createElement("button");
  all.type = "button";
  all.className = "usa-button usa-button--unstyled";
  count.after(" ", all);

  const say = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    count.textContent = `(${chosen} chosen)`;
    all.textContent = chosen === boxes.length ? "Choose none" : `Choose all ${boxes.length} on this page`;
  };
  all.addEventListener("click", () => {
    const every = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !every;
    say();
  });
  form.addEventListener("change", say);
  say();
}
