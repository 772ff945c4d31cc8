// What the pages do beyond plain links and forms. Everything here has a way without it.
"use strict";

const find = (selector, from = document) => [...from.querySelectorAll(selector)];

// --- Times: "5 min ago" stays true. The same words as wording.py.

function span(ms) {
  for (const [unit, name] of [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"]]) {
    if (ms >= 2 * unit) return `${Math.floor(ms / unit)} ${name}`;
  }
  return `${Math.floor(ms / 1000)} s`;
}

function ago(at, now) {
  const away = Math.abs(now - at);
  if (away < 1000) return "now";
  return at < now ? `${span(away)} ago` : `in ${span(away)}`;
}

// The server's clock counts: this computer's may be wrong.
const skew = Date.now() - Date.parse(document.documentElement.dataset.now ?? new Date().toISOString());

function tellTimes() {
  for (const time of find("time[data-ago]")) {
    const said = ago(Date.parse(time.dateTime), Date.now() - skew);
    if (time.textContent !== said) time.textContent = said;
  }
}

// --- Live parts: elements with an id and data-live="seconds" are taken anew from the same page.

const live = () => find("[id][data-live]");
let failures = 0;

const busy = (part) =>
  part.contains(document.activeElement) || (getSelection()?.containsNode(part, true) && !getSelection().isCollapsed);

async function refresh() {
  const parts = live();
  if (!parts.length) return;
  if (!document.hidden && !document.querySelector("dialog[open]")) {
    try {
      const answer = await fetch(location.href, { headers: { "x-refresh": "1" } });
      if (answer.redirected || !answer.ok) throw new Error(`answered ${answer.status}`);
      replace(parts, new DOMParser().parseFromString(await answer.text(), "text/html"));
      failures = 0;
    } catch {
      failures += 1;
    }
    tellStale(failures >= 3);
  }
  schedule();
}

function replace(parts, fresh) {
  for (const part of parts) {
    const newer = fresh.getElementById(part.id);
    if (newer && !busy(part)) part.replaceWith(document.adoptNode(newer));
  }
  enable();
  tellTimes();
}

function schedule() {
  const seconds = live().map((part) => Number(part.dataset.live) || 5);
  if (seconds.length) setTimeout(refresh, Math.min(...seconds) * 1000 * 2 ** Math.min(failures, 5));
}

function tellStale(stale) {
  const shown = document.getElementById("stale");
  if (stale && !shown) {
    const told = Object.assign(document.createElement("p"), { id: "stale", className: "flash warn" });
    told.setAttribute("role", "status");
    told.textContent = "This page is no longer up to date: the relay does not answer, or you are signed out. Reload it.";
    document.getElementById("main").prepend(told);
  } else if (!stale) {
    shown?.remove();
  }
}

// --- Dialogs: a link with data-dialog shows the form of the page that it leads to.

async function openDialog(link) {
  const answer = await fetch(link.href);
  const body = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-dialog-body]");
  if (answer.redirected || !answer.ok || !body) throw new Error("not a form");
  const dialog = document.createElement("dialog");
  dialog.append(document.adoptNode(apart(body)));
  dialog.setAttribute("aria-labelledby", body.getAttribute("aria-labelledby"));
  show(dialog);
}

// The page beneath may have parts of the same names.
function apart(body) {
  for (const part of find("[id]", body)) part.id = `dialog-${part.id}`;
  for (const name of ["for", "aria-labelledby", "aria-describedby"]) {
    for (const part of [body, ...find(`[${name}]`, body)]) {
      const ids = part.getAttribute(name);
      if (ids) part.setAttribute(name, ids.replace(/\S+/g, "dialog-$&"));
    }
  }
  return body;
}

function show(dialog) {
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.showModal();
}

// --- Keyboard: g and a letter goes to a section, / to the search, j and k through a list, ? tells all.

const KEYS_OFF = "relay.keys.off";
const SHORTCUTS = [["/", "search this page's list"], ["j  k", "next, previous row"], ["?", "show this"]];
let going = 0;

function pressed(event) {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(KEYS_OFF)) return;
  if (document.querySelector("dialog[open]")) return;
  const section = Date.now() - going < 1500 && find(`[data-key="${CSS.escape(event.key)}"]`)[0];
  going = event.key === "g" ? Date.now() : 0;
  if (section) section.click();
  else if (event.key === "/") focus(event, document.querySelector("form[role=search] input:not([type=hidden])"));
  else if (event.key === "j" || event.key === "k") focus(event, row(event.key === "j" ? 1 : -1));
  else if (event.key === "?") tellShortcuts();
}

function focus(event, element) {
  if (!element) return;
  event.preventDefault();
  element.focus();
}

function row(step) {
  const links = find(".table tbody tr").map((one) => one.querySelector("a")).filter(Boolean);
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  return links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
}

function tellShortcuts() {
  const dialog = document.createElement("dialog");
  const list = document.createElement("dl");
  const sections = find("[data-key]").map((link) => [`g  ${link.dataset.key}`, link.firstChild.textContent.trim()]);
  for (const [keys, meaning] of [...SHORTCUTS, ...sections]) {
    const [term, told, pair] = ["dt", "dd", "div"].map((name) => document.createElement(name));
    term.append(...keys.split("  ").map((key) => Object.assign(document.createElement("kbd"), { textContent: key })));
    told.textContent = meaning;
    pair.append(term, told);
    list.append(pair);
  }
  list.className = "keys";
  const title = Object.assign(document.createElement("h2"), { textContent: "Keyboard", id: "keyboard" });
  dialog.setAttribute("aria-labelledby", "keyboard");
  dialog.append(title, list, keysSwitch(), closing());
  show(dialog);
}

function keysSwitch() {
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  box.checked = !localStorage.getItem(KEYS_OFF);
  box.addEventListener("change", () =>
    box.checked ? localStorage.removeItem(KEYS_OFF) : localStorage.setItem(KEYS_OFF, "1"));
  label.append(box, " Single keys do this");
  label.className = "tick";
  return label;
}

function closing() {
  const button = Object.assign(document.createElement("button"), { textContent: "Close" });
  button.dataset.close = "";
  return button;
}

// --- Small things: copying, ticking all, saying once.

async function copy(button) {
  const panel = button.closest("figure, p");
  const text = (panel.querySelector("[data-exact]") ?? panel.querySelector("pre, code")).textContent;
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

function tickAll(box) {
  for (const other of find(`input[type=checkbox][name="${CSS.escape(box.dataset.ticks)}"]`, box.form ?? document)) {
    other.checked = box.checked;
  }
}

function once(event) {
  const button = event.submitter;
  // After the form's values were taken, or the button's own would be missing.
  if (event.target.method === "post" && button) setTimeout(() => (button.disabled = true));
}

function clicked(event) {
  const target = event.target.closest("a[data-dialog], [data-copy], [data-shortcuts]");
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (target.matches("[data-copy]")) copy(target);
  else if (target.matches("[data-shortcuts]")) tellShortcuts();
  else {
    event.preventDefault();
    openDialog(target).catch(() => location.assign(target.href));
  }
}

function enable() {
  for (const part of find(".needs-script[hidden]")) part.hidden = false;
}

enable();
tellTimes();
schedule();
setInterval(tellTimes, 10_000);
document.addEventListener("click", clicked);
document.addEventListener("keydown", pressed);
document.addEventListener("submit", once);
document.addEventListener("change", (event) => event.target.matches("[data-ticks]") && tickAll(event.target));
// A page that comes back from the browser's store has its buttons still off.
addEventListener("pageshow", () => find("button:disabled").forEach((button) => (button.disabled = false)));
