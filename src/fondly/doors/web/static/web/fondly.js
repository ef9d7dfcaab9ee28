// Everything here makes a page quicker; every page works without it.
(() => {
  "use strict";
  document.documentElement.classList.add("js");
  const one = (what, where = document) => where.querySelector(what);
  const all = (what, where = document) => [...where.querySelectorAll(what)];
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));

  // ---- notices: stay 10 s, longer while pointed at or focused; errors stay until closed
  const hush = (toast) => {
    const close = one("[data-close-toast]", toast);
    close.hidden = false;
    close.onclick = () => toast.remove();
    if (toast.classList.contains("error")) return;
    let left = 10;
    const tick = setInterval(() => {
      if (toast.matches(":hover, :focus-within")) return;
      left -= 1;
      if (left <= 0) { clearInterval(tick); toast.remove(); }
    }, 1000);
  };
  const say = (text) => {
    const toast = document.createElement("div");
    toast.className = "toast error";
    toast.setAttribute("role", "alert");
    const words = document.createElement("span");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn close";
    close.dataset.closeToast = "";
    close.setAttribute("aria-label", "Close");
    close.textContent = "×";
    toast.append(words, close);
    (one("dialog[open] .sheet-in") || one("#toasts")).append(toast);
    hush(toast);
  };
  document.addEventListener("fondly:refused", (e) => say(e.detail.text));
  document.addEventListener("htmx:sendError", () => say("The server did not answer. Nothing was changed; try again."));
  document.addEventListener("htmx:responseError", () => say("Something went wrong on the server. Nothing was changed."));

  // ---- the sheet: links with data-sheet are loaded into one <dialog>
  let opener = null;
  const openSheet = (link) => {
    opener = link;
    htmx.ajax("GET", link.href, { target: "#sheet-body", swap: "innerHTML" });
  };
  document.addEventListener("htmx:afterSwap", (e) => {
    if (e.target.id !== "sheet-body") return;
    const sheet = one("#sheet");
    if (!sheet.open) sheet.showModal();
    sheet.scrollTop = 0;
    const first = one("[autofocus], h2", sheet);
    if (first) { if (first.tagName === "H2") first.tabIndex = -1; first.focus(); }
  });

  // ---- counting down: <span data-until="instant">
  const countdown = () => all("[data-until]").forEach((el) => {
    el.dataset.words = el.dataset.words || el.textContent;
    const left = Math.round((Date.parse(el.dataset.until) - Date.now()) / 1000);
    el.textContent = left > 0 && left < 600 ? `${el.dataset.words} (${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")})` : el.dataset.words;
  });

  // ---- command palette
  const palette = one("#palette");
  const input = one("#palette-input");
  const list = one("#palette-list");
  const fixed = list ? [...list.children] : [];
  let asked = 0;
  const options = () => all("[role=option]:not([hidden])", list);
  const choose = (option) => {
    all("[aria-selected=true]", list).forEach((o) => o.setAttribute("aria-selected", "false"));
    if (!option) { input.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const fromServer = (found, index) => {
    const option = document.createElement("li");
    option.id = `found-${index}`;
    option.setAttribute("role", "option");
    option.dataset.href = found.href;
    option.dataset.found = "";
    [found.label, found.kind].forEach((text) => option.append(Object.assign(document.createElement("span"), { textContent: text })));
    return option;
  };
  const seek = async () => {
    const text = input.value.trim().toLowerCase();
    fixed.forEach((o) => { o.hidden = !o.textContent.toLowerCase().includes(text); });
    all("[data-found]", list).forEach((o) => o.remove());
    choose(options()[0]);
    const mine = ++asked;
    if (!text) return;
    const answer = await fetch(`${palette.dataset.people}?q=${encodeURIComponent(text)}`).catch(() => null);
    const found = answer && answer.ok ? await answer.json() : null;
    if (!found || mine !== asked) return; // asked only now: another letter may be typed while the answer is read
    const { people, touchpoints } = found;
    const fresh = [...people, ...touchpoints].map(fromServer);
    list.prepend(...fresh.slice(0, people.length));
    list.append(...fresh.slice(people.length));
    choose(options()[0]);
  };
  const openPalette = () => {
    if (!palette || palette.open || one("dialog[open]")) return;
    palette.showModal();
    input.value = "";
    seek();
    input.focus();
  };
  const go = (option) => { if (option) location.assign(option.dataset.href); };
  if (palette) {
    input.addEventListener("input", seek);
    input.addEventListener("keydown", (e) => {
      const shown = options();
      const at = shown.findIndex((o) => o.getAttribute("aria-selected") === "true");
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        choose(shown[(at + (e.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length]);
      } else if (e.key === "Enter") { e.preventDefault(); go(shown[at]); }
    });
    list.addEventListener("click", (e) => go(e.target.closest("[role=option]")));
  }

  // ---- rows and keys
  const rows = () => all("[data-row]");
  const current = () => one("[data-row].on");
  const step = (by) => {
    const shown = rows();
    if (!shown.length) return;
    const at = shown.indexOf(current());
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
    shown.forEach((r) => r.classList.remove("on"));
    next.classList.add("on");
    const link = one("[data-main], a, button", next);
    if (link) link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (what) => { const row = current(); const el = row && one(what, row); if (el) el.click(); return Boolean(el); };
  const goTo = (keys) => { const link = one(`[data-key="${keys}"]`); if (link) location.assign(link.href); };
  const single = {
    j: () => step(1),
    k: () => step(-1),
    h: () => press("[data-later]"),
    x: () => press("input[type=checkbox]"),
    c: () => { const link = one("[data-new]"); location.assign(link ? link.href : "/clients/new"); },
    "/": () => { const box = one("[data-search]"); if (box) box.focus(); else openPalette(); },
    "?": () => one("#keys").showModal(),
  };
  let after = "";
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { e.preventDefault(); openPalette(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || one("dialog[open]")) return;
    if (document.documentElement.dataset.keys !== "on") return;
    const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
    if (after === "g") { after = ""; goTo(`g ${key}`); return; }
    if (key === "g") { after = "g"; setTimeout(() => { after = ""; }, 1500); return; }
    if (key === "Enter" && current() && !e.target.closest("a, button, summary")) { press("[data-do], [data-main]"); return; }
    if (single[key]) { e.preventDefault(); single[key](); }
  });

  // ---- clicks, filters, picking
  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[data-sheet]");
    if (link && !e.ctrlKey && !e.metaKey && !e.shiftKey && window.htmx) { e.preventDefault(); openSheet(link); return; }
    if (e.target.closest("[data-open=palette]")) openPalette();
    const close = e.target.closest("[data-close]");
    if (close) close.closest("dialog").close();
    if (e.target.tagName === "DIALOG") e.target.close();
    if (e.target.closest("[data-print]")) window.print();
  });
  window.addEventListener("beforeprint", () => all("details[data-unfold]").forEach((fold) => { fold.open = true; }));
  document.addEventListener("input", (e) => {
    if (!e.target.matches("[data-narrow]")) return;
    const text = e.target.value.trim().toLowerCase();
    all(`#${e.target.dataset.narrow} > li`).forEach((li) => { li.hidden = !`${li.textContent} ${li.dataset.words || ""}`.toLowerCase().includes(text); });
  });
  const counted = () => all("[data-picking]").forEach((form) => {
    const every = one("[name=all_matching]", form);
    const n = every && every.checked ? 0 : all("input[name=ids]:checked", form).length;
    all("[data-picked]", form).forEach((el) => { el.textContent = n; });
    all("[data-bulk]", form).forEach((el) => { el.hidden = n === 0 && !(every && every.checked); });
    all("[data-count]", form).forEach((el) => { el.hidden = Boolean(every && every.checked); });
    all("[data-row]", form).forEach((row) => row.classList.toggle("picked", Boolean(one("input[name=ids]:checked", row))));
  });
  let last = null; // the box ticked before: Shift and a click take all between
  document.addEventListener("click", (e) => {
    if (!e.target.matches("[data-picking] input[name=ids]")) return;
    const boxes = all("input[name=ids]", e.target.closest("[data-picking]"));
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(e.target)].sort((a, b) => a - b);
    if (e.shiftKey && from >= 0) boxes.slice(from, to + 1).forEach((box) => { box.checked = e.target.checked; });
    last = e.target;
  });
  document.addEventListener("change", (e) => {
    const form = e.target.closest("form");
    if (form && form.dataset.auto !== undefined && e.target.tagName === "SELECT") form.requestSubmit();
    if (e.target.matches("[data-all]")) all("input[name=ids]", form).forEach((box) => { box.checked = e.target.checked; });
    counted();
  });
  const wake = () => {
    all("[data-toast]").forEach(hush);
    all("[data-open=palette]").forEach((b) => { b.hidden = false; });
    const sheet = one("#sheet");
    if (sheet) sheet.addEventListener("close", () => { if (opener) opener.focus(); });
    counted();
    const pinned = one("[data-pinned]");
    if (pinned) new IntersectionObserver(([head]) => { pinned.hidden = head.isIntersecting; }).observe(one(".client-head"));
    if (window.matchMedia("(max-width: 760px)").matches) all(".beside details[open]").forEach((fold) => { fold.open = false; fold.dataset.unfold = ""; });
    if (one("[data-until]")) { countdown(); setInterval(countdown, 1000); }
  };
  wake();
})();
