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
  // One's own writing keeps one's claim: the page beside it is no older for that.
  const moveOn = () => {
    const moved = document.querySelector("[data-version-was]");
    if (!moved) return;
    const { versionWas: was, versionNow: now } = moved.dataset;
    moved.remove();
    for (const form of document.querySelectorAll('input[name="version"]')) if (form.value === was) form.value = now;
    const presence = document.getElementById("presence"), vals = presence?.getAttribute("hx-vals");
    if (!vals || JSON.parse(vals).version !== was) return;
    presence.setAttribute("hx-vals", JSON.stringify({ version: now }));
    presence.dispatchEvent(new CustomEvent("live"));
  };
  bring();
  document.addEventListener("htmx:after:swap", () => {
    bring();
    moveOn();
    const refused = document.querySelector("#composer > .problem:not([data-seen])");
    if (refused) refused.dataset.seen = "", refused.scrollIntoView({ block: "nearest" });
    // What the server keeps need not be kept here.
    if (document.querySelector("#kept #reply-kept")) store((kept) => kept.removeItem(key()));
  });
}
