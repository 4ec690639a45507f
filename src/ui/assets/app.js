// Makes the served page live: one view at a time, views swapped when the server says they changed,
// forms sent in place. Without it the page reads the same, all views below each other.
"use strict";
(() => {
  const root = document.documentElement;
  const stored = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
  if (stored === "light" || stored === "dark") root.dataset.theme = stored;

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  let busyParts = new Map();

  // ---- theme ----
  function theme() {
    const button = document.querySelector("[data-theme-button]");
    if (!button) return;
    const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const label = () => { button.textContent = dark() ? "☀ Light" : "☾ Dark"; };
    button.hidden = false;
    label();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* private windows forget it */ }
      label();
    });
  }

  // ---- one view at a time ----
  function target() {
    const id = decodeURIComponent(location.hash.slice(1));
    return (id && document.getElementById(id)) || document.getElementById("overview");
  }
  function route(moved) {
    const element = target();
    if (!element) return;
    const view = element.closest(".view");
    if (!view) return;
    for (const other of all(".view")) other.hidden = other !== view;
    for (const link of all("nav.views a")) {
      const here = link.dataset.view === view.id;
      if (here) { link.setAttribute("aria-current", "page"); link.classList.remove("fresh"); link.scrollIntoView({ block: "nearest", inline: "nearest" }); }
      else link.removeAttribute("aria-current");
    }
    const panel = element.closest(".tab-panel");
    if (panel) select(panel.closest("[data-tabs]"), panel.id);
    for (let up = element; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    reach(view);
    if (element !== view) element.scrollIntoView({ block: "start" });
    else if (moved) { window.scrollTo(0, 0); view.querySelector("h2")?.focus({ preventScroll: true }); }
  }

  // ---- tabs ----
  function select(tabs, id) {
    for (const link of all(".tab-list a", tabs)) {
      const on = link.hash === "#" + id;
      link.setAttribute("aria-selected", String(on));
      link.tabIndex = on ? 0 : -1;
    }
    for (const panel of all(".tab-panel", tabs)) panel.hidden = panel.id !== id;
  }
  function makeTabs(within) {
    for (const tabs of all("[data-tabs]", within)) {
      const list = tabs.querySelector(".tab-list");
      const links = all("a", list);
      if (!links.length) continue;
      list.setAttribute("role", "tablist");
      for (const link of links) {
        link.parentElement.setAttribute("role", "presentation");
        link.setAttribute("role", "tab");
        link.setAttribute("aria-controls", link.hash.slice(1));
        link.addEventListener("click", (event) => { event.preventDefault(); select(tabs, link.hash.slice(1)); });
        link.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step) return;
          const next = links[(links.indexOf(link) + step + links.length) % links.length];
          select(tabs, next.hash.slice(1));
          next.focus();
        });
      }
      for (const panel of all(".tab-panel", tabs)) panel.setAttribute("role", "tabpanel");
      select(tabs, links[0].hash.slice(1));
    }
  }

  // ---- what is wider than the screen can be scrolled with the keyboard ----
  function reach(within) {
    for (const box of all(".scroll, .card, .diff, pre", within)) {
      const cut = box.scrollWidth > box.clientWidth;
      if (cut) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  // ---- details that are fetched when opened ----
  document.addEventListener("toggle", async (event) => {
    const item = event.target;
    if (!item.open || !item.dataset?.src) return;
    const source = item.dataset.src;
    delete item.dataset.src;
    const reply = await fetch(source, { headers: { "x-fragment": "1" } }).catch(() => null);
    const body = item.querySelector(":scope > :not(summary)");
    if (reply?.ok && body) body.outerHTML = await reply.text();
    else item.dataset.src = source;
  }, true);

  // ---- swapping a view, keeping what the reader has open ----
  async function refresh(name) {
    if (busyParts.has(name)) { busyParts.set(name, true); return; }
    busyParts.set(name, false);
    try {
      const reply = await fetch("/part/" + name);
      if (!reply.ok) throw new Error(reply.status);
      swap(name, await reply.text());
    } catch { /* the next step tries again */ }
    const again = busyParts.get(name);
    busyParts.delete(name);
    if (again) refresh(name);
  }
  function swap(name, text) {
    const old = document.getElementById(name);
    if (!old) return;
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(name);
    if (!fresh) return;
    const [open, unnamed] = [all("details[open][id]", old).map((item) => item.id), all("details:not([id])", old).map((item) => item.open)];
    const chosen = old.querySelector('.tab-list a[aria-selected="true"]')?.hash;
    const fields = "input:not([type=hidden]):not([type=file]), textarea";
    const key = (field) => [field.form?.getAttribute("action"), field.form?.serial?.value, field.name, field.type === "checkbox" ? field.value : ""].join("|");
    const edited = (field) => field.defaultValue !== field.value || field.defaultChecked !== field.checked;
    const typed = new Map(all(fields, old).filter(edited).map((field) => [key(field), [field.value, field.checked]]));
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const focused = active && { key: active.form ? key(active) : null, at: active.selectionStart, to: active.selectionEnd };
    const said = new Map(all("output", old).map((output) => [key({ form: output.form }), output.innerHTML]));
    const files = new Map(all("input[type=file]", old).map((field) => [key(field), field.files]));
    fresh.hidden = old.hidden;
    const scroll = window.scrollY;
    old.replaceWith(fresh);
    for (const id of open) { const item = document.getElementById(id); if (item) item.open = true; }
    all("details:not([id])", fresh).forEach((item, at) => { if (unnamed[at]) item.open = true; });
    makeTabs(fresh);
    if (chosen && fresh.querySelector(`.tab-panel[id="${CSS.escape(chosen.slice(1))}"]`)) select(fresh.querySelector("[data-tabs]"), chosen.slice(1));
    for (const field of all(fields, fresh)) {
      const was = typed.get(key(field));
      if (was) { field.value = was[0]; field.checked = was[1]; }
    }
    for (const field of all("input[type=file]", fresh)) if (files.get(key(field))?.length) field.files = files.get(key(field));
    for (const output of all("output", fresh)) output.innerHTML = said.get(key({ form: output.form })) ?? "";
    if (focused) {
      const next = focused.key ? all("input, textarea, button", fresh).find((field) => key(field) === focused.key) : active.id ? document.getElementById(active.id) : null;
      (next || fresh.querySelector("h2")).focus({ preventScroll: true });
      if (next && typeof focused.at === "number") try { next.setSelectionRange(focused.at, focused.to); } catch { /* not a text */ }
    }
    reach(fresh);
    window.scrollTo(0, scroll);
  }
  function live() {
    const seq = document.body.dataset.seq;
    if (seq === undefined) return;
    const note = document.getElementById("connection");
    const source = new EventSource("/events?after=" + seq);
    source.addEventListener("changed", (event) => {
      for (const name of event.data.split(" ").filter(Boolean)) {
        if (document.getElementById(name)?.hidden) document.querySelector(`nav.views a[data-view="${name}"]`)?.classList.add("fresh");
        refresh(name);
      }
    });
    source.addEventListener("open", () => { note.textContent = ""; });
    source.addEventListener("error", () => { note.textContent = "! Not connected. What you see may be old; use the link that was printed."; });
  }

  // ---- forms ----
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-live], [data-upload]")) return;
    event.preventDefault();
    const output = form.querySelector("output");
    const button = event.submitter;
    const file = form.querySelector("[data-file]")?.files[0];
    const headers = { "x-fragment": "1" };
    let address = form.getAttribute("action"), body;
    if (file) {
      if (file.size > 2 * 1024 * 1024) { output.textContent = "✗ That file is larger than 2 MB."; return; }
      headers["content-type"] = "application/octet-stream";
      headers["x-csrf"] = form.querySelector("[name=csrf]").value;
      address += "?name=" + encodeURIComponent(file.name);
      body = file;
    } else {
      const data = new FormData(form, button);
      data.delete("file");
      body = new URLSearchParams(data);
    }
    if (button) button.disabled = true;
    output.textContent = "…";
    try {
      const reply = await fetch(address, { method: "POST", headers, body });
      const text = await reply.text();
      if ((reply.headers.get("content-type") || "").startsWith("text/html")) output.innerHTML = text;
      else output.textContent = "✗ " + text;
    } catch { output.textContent = "✗ The dashboard does not answer."; }
    if (button) button.disabled = false;
  });

  document.addEventListener("DOMContentLoaded", () => {
    theme();
    reach(document);
    if (!document.querySelector("nav.views")) return;
    root.classList.add("js");
    makeTabs(document);
    route(false);
    window.addEventListener("hashchange", () => route(true));
    window.addEventListener("resize", () => reach(document));
    live();
  });
})();
