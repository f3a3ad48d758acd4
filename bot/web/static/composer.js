// The composer: points at words that were found, and keeps in this tab what the server may not keep.
"use strict";
{
  const box = () => document.getElementById("reply-text");
  const key = () => `draft:${document.getElementById("reply")?.dataset.draft}`;
  const store = (act) => { try { return act(sessionStorage); } catch { return null; } };
  // The server counts signs as people do, the browser in pairs for some of them.
  const place = (text, signs) => [...text].slice(0, signs).join("").length;

  document.addEventListener("click", (event) => {
    const found = event.target.closest("[data-from]"), line = event.target.closest("[data-use-text]");
    const text = box();
    if (!text || !(found || line)) return;
    if (line) {
      text.value = line.dataset.useText;
      text.dispatchEvent(new Event("input", { bubbles: true }));
      text.focus();
      return;
    }
    const whole = text.value, said = whole.trimStart(), before = whole.length - said.length;
    text.focus();
    text.setSelectionRange(before + place(said, +found.dataset.from), before + place(said, +found.dataset.to));
  });

  document.addEventListener("input", (event) => {
    if (event.target === box()) store((kept) => kept.setItem(key(), box().value));
  });

  const bring = () => {
    const text = box();
    if (!text || text.dataset.brought) return;
    text.dataset.brought = "yes";
    const kept = store((one) => one.getItem(key()));
    if (kept && kept !== text.value && !text.value.trim()) {
      text.value = kept;
      text.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  bring();
  document.addEventListener("htmx:after:swap", () => {
    bring();
    // What the server keeps need not be kept here.
    if (document.querySelector("#kept #reply-kept")) store((kept) => kept.removeItem(key()));
  });
}
