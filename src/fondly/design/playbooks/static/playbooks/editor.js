// Brings the line named in the address (?line=12) into view; the page works without it.
(() => {
  "use strict";
  const area = document.querySelector("[data-lines]");
  const line = Number(new URLSearchParams(location.search).get("line"));
  if (!area || !(line > 0)) return;
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] || "").length);
  area.scrollTop = area.scrollHeight * ((line - 4) / lines.length);
})();
