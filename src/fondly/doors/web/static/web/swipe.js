// Rows that can be swiped on a phone: left is the row's "later", right its button. The buttons stay.
(() => {
  "use strict";
  const one = (what, where) => where.querySelector(what);
  const FAR = 96; // how far a finger must go before letting go does something
  const EDGE = 24; // the browser's own back gesture begins there
  let held = null; // { row, id, x, y, dx, word }

  // What can be undone is done at once; any other button opens something, and nothing has happened yet.
  const target = (row, dx) => {
    if (dx < 0) return one("[data-later]", row);
    const done = row.dataset.swipe === "done" && one("[data-done]", document);
    return done || one("[data-do]", row);
  };
  const begin = (dx) => {
    held.word = document.createElement("span");
    held.word.className = "swipe-word";
    held.word.setAttribute("aria-hidden", "true");
    held.row.append(held.word);
    held.row.classList.add("swiped");
    held.row.setPointerCapture(held.id);
    held.dx = dx;
  };
  const move = (dx) => {
    const button = target(held.row, dx);
    held.dx = button ? dx : 0;
    held.word.textContent = button ? button.textContent : "";
    held.word.dataset.side = dx < 0 ? "end" : "start";
    held.row.classList.toggle("far", Math.abs(held.dx) >= FAR);
    held.row.style.transform = `translateX(${held.dx}px)`;
  };
  const letGo = () => {
    const { row, word } = held;
    if (word) word.remove();
    row.classList.remove("swiped", "far");
    row.style.transform = "";
    held = null;
  };
  const act = (row, dx) => {
    const button = target(row, dx);
    if (!button.matches("[data-done]")) { button.click(); return; }
    one("input[name=ids]", row).checked = true;
    button.form.requestSubmit(button);
  };

  document.addEventListener("pointerdown", (e) => {
    const row = e.pointerType === "touch" && e.isPrimary && e.target.closest("[data-swipe]");
    const inside = e.clientX > EDGE && e.clientX < window.innerWidth - EDGE;
    if (row && inside) held = { row, id: e.pointerId, x: e.clientX, y: e.clientY, dx: 0, word: null };
  });
  document.addEventListener("pointermove", (e) => {
    if (!held || e.pointerId !== held.id) return;
    const dx = e.clientX - held.x;
    const dy = e.clientY - held.y;
    if (!held.word && Math.abs(dx) > 12 && Math.abs(dx) > 2 * Math.abs(dy)) begin(dx);
    if (held.word) move(dx);
  });
  document.addEventListener("pointerup", (e) => {
    if (!held || e.pointerId !== held.id) return;
    const { row, dx } = held;
    letGo();
    if (Math.abs(dx) >= FAR) act(row, dx);
  });
  document.addEventListener("pointercancel", () => { if (held) letGo(); });
})();
