// Marking by hand: what is selected in the text, or drawn on the page, fills the form's numbers.

const form = document.querySelector("[data-release-draw]");
const text = document.querySelector("[data-release-text]");
const page = document.querySelector("[data-release-page]");

const set = (name, value) => { form.elements[name].value = value; };

if (form && text) {
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const chosen = selection.getRangeAt(0);
    if (!text.contains(chosen.startContainer) || !text.contains(chosen.endContainer)) return;
    const before = document.createRange();
    before.selectNodeContents(text);
    before.setEnd(chosen.startContainer, chosen.startOffset);
    const start = [...before.toString()].length;
    set("start", start);
    set("end", start + [...chosen.toString()].length);
  });
}

if (form && page) {
  let from = null;
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  rect.setAttribute("class", "cu-box-drawing");
  const place = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(page.getScreenCTM().inverse());
  };
  const show = (to) => {
    const left = Math.floor(Math.min(from.x, to.x));
    const top = Math.floor(Math.min(from.y, to.y));
    const right = Math.ceil(Math.max(from.x, to.x));
    const bottom = Math.ceil(Math.max(from.y, to.y));
    Object.entries({ x: left, y: top, width: right - left, height: bottom - top })
      .forEach(([name, value]) => rect.setAttribute(name, value));
    Object.entries({ left, top, right, bottom }).forEach(([name, value]) => set(name, Math.max(0, value)));
  };
  page.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    from = place(event);
    page.append(rect);
    page.setPointerCapture(event.pointerId);
    show(from);
  });
  page.addEventListener("pointermove", (event) => { if (from) show(place(event)); });
  page.addEventListener("pointerup", (event) => { if (from) { show(place(event)); from = null; } });
}
