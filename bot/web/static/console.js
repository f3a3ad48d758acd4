// What every page does beyond HTML: keys, dialogs, the theme, countdowns, live parts.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const isTyping = (element) => element?.matches?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]");
const seen = (element) => element.offsetParent !== null || element === document.activeElement;

// Theme: the system's, until somebody chooses.
const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
const theme = document.querySelector("[data-theme-switch]");
if (theme) {
  const show = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try { localStorage.setItem("theme", next); } catch { /* storage is shut */ }
    show();
    document.dispatchEvent(new CustomEvent("theme"));
  });
  show();
}

// Where we are, in the navigation.
for (const link of all(".nav a[data-go]"))
  if (location.pathname === link.pathname || location.pathname.startsWith(link.pathname + "/"))
    link.setAttribute("aria-current", "page");

// Dialogs: data-opens="ID" opens, data-closes closes.
const keys = document.getElementById("keys");
for (const opener of all("[data-opens=keys]")) opener.hidden = false;
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(opener.dataset.opens);
  if (event.target.closest("[data-closes]") || event.target.matches("dialog")) event.target.closest("dialog")?.close();
  if (!event.target.closest(".menu")) for (const menu of all(".menu[open]")) menu.open = false;
});
function open(id) {
  if (id === "keys") listKeys();
  document.getElementById(id)?.showModal();
}

// Keys. They are never taken from a field, a dialog, or the browser.
let goes = -Infinity;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isTyping(event.target)) return void event.target.blur();
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (pressed(event)) event.preventDefault();
});
function pressed(event) {
  const key = event.key;
  if (key === "Shift") return false;
  const isGoing = event.timeStamp - goes < 1500;
  goes = -Infinity;
  if (isGoing) {
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) return link.click(), true;
  }
  if (key === "g" && document.querySelector("[data-go]")) return (goes = event.timeStamp), true;
  if (key === "?" && keys) return open("keys"), true;
  const box = key === "x" && event.target.closest?.("[data-row]")?.querySelector("input[type=checkbox]");
  if (box) return box.click(), true;
  const named = all(`[data-key="${CSS.escape(key)}"]`).find((one) => seen(one) && !one.disabled);
  if (named) return press(named), true;
  if (key === "j") return move(1);
  if (key === "k") return move(-1);
  if (key === "Enter" && event.target.matches("[data-row]")) return openRow(event.target);
  return false;
}
function press(element) {
  if (isTyping(element)) element.focus();
  else element.click();
}
function listKeys() {
  const words = keys.dataset, lines = [];
  for (const link of all("[data-go]")) lines.push([["g", link.dataset.go], `${words.wordsGo}: ${link.querySelector("span")?.textContent ?? link.textContent}`]);
  if (document.querySelector("[data-row]")) lines.push([["j"], words.wordsNext], [["k"], words.wordsPrevious], [["Enter"], words.wordsOpen]);
  for (const one of all("[data-key]"))
    if (seen(one) && !lines.some(([pair]) => pair.length === 1 && pair[0] === one.dataset.key))
      lines.push([[one.dataset.key], one.dataset.keyHelp || one.textContent.trim()]);
  lines.push([["?"], words.wordsHelp]);
  const made = (name, ...inside) => { const element = document.createElement(name); element.append(...inside); return element; };
  keys.querySelector("dl").replaceChildren(...lines.map(([pressedKeys, told]) =>
    made("div", made("dt", ...pressedKeys.flatMap((one) => [made("kbd", one), " "])), made("dd", told))));
}

// Lists: j and k move from one data-row to the next, Enter opens its first link. A list
// that is fetched anew keeps the place by the row's id.
let at = null;
function move(by) {
  const rows = all("[data-row]").filter(seen);
  if (!rows.length) return false;
  const here = rows.indexOf(document.activeElement.closest?.("[data-row]") ?? rows.find((row) => at && row.id === at));
  const row = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + by, 0), rows.length - 1)];
  focusRow(row);
  return true;
}
function focusRow(row) {
  for (const one of all(".at[data-row]")) one.classList.remove("at");
  row.classList.add("at");
  if (!row.matches("a, button")) row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  at = row.id || null;
}
function openRow(row) {
  const link = row.matches("a") ? row : row.querySelector("[data-open], a[href]");
  if (!link) return false;
  link.click();
  return true;
}
document.addEventListener("focusout", (event) => {
  const part = event.target.closest?.("[data-stale]");
  if (part) setTimeout(() => part.isConnected && fetchAnew(part), 100);
});

// Countdowns tick by the server's clock; whoever listens hears whole minutes.
const offset = (Date.parse(document.documentElement.dataset.now) || Date.now()) - Date.now();
const parts = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const told = (seconds, style, least) => {
  let rest = Math.abs(seconds);
  const shown = {};
  for (const [unit, size] of parts) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (size >= least && (count || size === least) && Object.keys(shown).length < 2) shown[unit + "s"] = count;
    else if (Object.keys(shown).length) break;
  }
  const sign = seconds < 0 ? "−" : "";
  if (Intl.DurationFormat) return sign + new Intl.DurationFormat(document.documentElement.lang, { style }).format(shown);
  return sign + Object.entries(shown).map(([unit, count]) => `${count} ${unit.slice(0, style === "narrow" ? 1 : -1)}`).join(" ");
};
function tick(countdown, now) {
  const due = Date.parse(countdown.dataset.countdown), since = Date.parse(countdown.dataset.since);
  const left = Math.floor((due - now) / 1000);
  const share = since < due ? (due - now) / (due - since) : left / 14400;
  countdown.dataset.left = left <= 0 ? "none" : share < 0.2 ? "little" : share < 0.5 ? "some" : "much";
  if (!countdown.querySelector("[data-ticks]")) {
    const time = countdown.querySelector("time");
    if (time) countdown.title = time.title;
    const ticks = document.createElement("span"), heard = document.createElement("span");
    ticks.dataset.ticks = "";
    ticks.setAttribute("aria-hidden", "true");
    heard.className = "sr";
    countdown.replaceChildren(ticks, heard);
  }
  const [ticks, heard] = countdown.children;
  ticks.textContent = told(left, "narrow", Math.abs(left) < 3600 ? 1 : 60);
  const minutes = `${countdown.dataset.words}: ${told(left, "long", 60)}`;
  if (heard.textContent !== minutes) heard.textContent = minutes;
}
function tickAll() {
  const now = Date.now() + offset;
  for (const countdown of all("[data-countdown]")) tick(countdown, now);
}
tickAll();
setInterval(tickAll, 1000);
document.addEventListener("htmx:after:swap", tickAll);

// Live parts: data-live names subjects ("ticket:12", "queue"); each is fetched anew by its
// own hx-get on the trigger "live", never from under somebody's hands.
const isHeld = (part) => part.contains(document.activeElement) && isTyping(document.activeElement);
const due = new Map();
function fetchAnew(part) {
  if (document.hidden || isHeld(part)) return void (part.dataset.stale = "");
  delete part.dataset.stale;
  part.dispatchEvent(new CustomEvent("live"));
}
const concerns = (part, subject) => part.dataset.live.split(/\s+/).some((one) => {
  const [kind, changedKind] = [one.split(":")[0], subject.split(":")[0]];
  if (subject === "*" || one === subject) return true;
  if (one === "queue") return changedKind === "ticket" || changedKind === "reply";
  return kind === changedKind && (one === kind || subject === kind);
});
function changed(changes) {
  for (const part of all("[data-live]")) {
    if (due.has(part) || !changes.some(([subject]) => concerns(part, subject))) continue;
    due.set(part, setTimeout(() => {
      due.delete(part);
      if (part.isConnected) fetchAnew(part);
    }, 150));
  }
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const part of all("[data-stale]")) fetchAnew(part);
});
// One stream a browser, not one a tab: browsers allow six connections to a server. Whichever
// tab holds the lock listens and tells the others.
const from = document.body.dataset.liveFrom;
const tabs = new BroadcastChannel("live");
const lately = [];
tabs.addEventListener("message", ({ data }) => {
  if (data === null) signedOut();
  else if (Array.isArray(data)) changed(data);
  else for (const [id, changes] of lately) if (id > data.after) tabs.postMessage(changes);
});
function listen() {
  return new Promise((left) => {
    const source = new EventSource(from);
    source.addEventListener("changed", (event) => {
      const changes = JSON.parse(event.data);
      changed(changes);
      tabs.postMessage(changes);
      lately.push([Number(event.lastEventId), changes]);
      if (lately.length > 50) lately.shift();
    });
    source.addEventListener("over", () => { source.close(); signedOut(); tabs.postMessage(null); left(); });
    source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) setTimeout(left, 5000); });
    addEventListener("pagehide", () => source.close());
  });
}
function signedOut() {
  const toast = document.createElement("p");
  toast.className = "told bad";
  toast.textContent = document.body.dataset.signedOut;
  document.getElementById("told").replaceChildren(toast);
}
let isListening = false;
function listenOnce() {
  if (isListening || !from || !document.querySelector("[data-live]")) return;
  isListening = true;
  tabs.postMessage({ after: Number(new URL(from, location.href).searchParams.get("after")) });
  if (navigator.locks) navigator.locks.request("live", listen);
  else listen();
}
listenOnce();
document.addEventListener("htmx:after:swap", listenOnce);
document.addEventListener("htmx:after:swap", () => {
  const row = at && document.getElementById(at);
  if (row?.matches("[data-row]") && document.activeElement === document.body) focusRow(row);
});

// What a form was answered with, where it is scrolled out of sight.
document.addEventListener("htmx:after:swap", () => {
  const told = document.querySelector("#main [data-tells]:not([data-told])");
  if (!told) return;
  told.dataset.told = "yes";
  if (told.getBoundingClientRect().bottom < 0) document.getElementById("told").append(told.firstElementChild.cloneNode(true));
});

// Toasts go by themselves, but not from under a pointer; what is wrong stays.
new MutationObserver((changes) => {
  for (const toast of changes.flatMap((change) => [...change.addedNodes]))
    if (toast.nodeType === 1 && !toast.matches(".bad"))
      setTimeout(function gone() { toast.matches(":hover") ? setTimeout(gone, 2000) : toast.remove(); }, 6000);
}).observe(document.getElementById("told"), { childList: true });
