"use strict";
// What all parts of the page share: the data, elements, numbers in words, the tooltip, the searchable choice.

const content = JSON.parse(document.getElementById("content").textContent);
const SVG = "http://www.w3.org/2000/svg";

function put(parent, name, attributes, text) {
  const element = parent instanceof SVGElement || name === "svg" ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  if (text !== undefined && text !== null) element.textContent = String(text);
  if (parent) parent.appendChild(element);
  return element;
}

const byId = (id) => document.getElementById(id);
const empty = (element) => { element.replaceChildren(); return element; };
const isKnown = (value) => value !== null && value !== undefined;
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function plain(value, digits) {
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

// Decimals that tell numbers of this spread apart.
function digitsFor(spread) {
  return spread > 0 ? Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(spread)))) : 0;
}

function spreadOf(measure) {
  const known = regionValues(measure).filter((v) => typeof v === "number");
  return known.length ? Math.max(...known) - Math.min(...known) : 0;
}

const digitsOf = new Map();
function write(value, measure) {
  if (!isKnown(value)) return "no figure";
  if (typeof value === "string") return value;
  if (measure.unit === "class") return String(value);
  if (["residents", "patients", "practices"].includes(measure.unit)) return `${plain(value, 0)} ${measure.unit}`;
  if (!digitsOf.has(measure.name)) digitsOf.set(measure.name, measure.scales ? digitsFor(spreadOf(measure) * (measure.unit === "percent" ? 100 : 1)) : 1);
  const digits = digitsOf.get(measure.name);
  if (measure.unit === "percent") return `${plain(value * 100, Math.min(digits, 3))} %`;
  const number = plain(value, measure.unit === "years" ? 1 : measure.scales ? digits : value < 10 ? 2 : 0);
  return measure.unit && measure.unit !== "score" ? `${number} ${measure.unit}` : number;
}

function writeShort(value, measure) {
  return write(value, measure).replace(/ (residents|patients|practices|years|hectares|per hectare|points)$/, "");
}

function writeP(p) {
  return p < 0.001 ? "< 0.001" : plain(p, 3);
}

// Values of the areas that the page is about; others on the map are context.
function regionValues(measure) {
  const values = content.areas.values[measure.name];
  return values.filter((_, i) => content.areas.inRegion[i]);
}

function classOf(value, scale) {
  let at = 0;
  while (at < scale.breaks.length && value >= scale.breaks[at]) at += 1;
  return at;
}

function colourOf(value, measure, scale) {
  if (!isKnown(value)) return null;
  if (measure.kind === "category") return scale.colours[measure.categories.indexOf(value)] || null;
  return scale.colours[classOf(value, scale)];
}

// Black or white, whichever stands out more on a colour.
function inkOn(colour) {
  const channels = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r, g, b] = channels.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.22 ? "#17212b" : "#ffffff";
}

const tip = byId("tip");
function showTip(lines, x, y) {
  empty(tip);
  for (const [kind, text] of lines) {
    if (kind === "pairs") {
      const list = put(tip, "dl");
      for (const [term, value] of text) { put(list, "dt", {}, term); put(list, "dd", {}, value); }
    } else if (isKnown(text)) {
      put(tip, kind === "title" ? "strong" : "div", { class: kind }, text);
    }
  }
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = x + 16 + box.width > window.innerWidth ? x - box.width - 14 : x + 16;
  const top = y + 16 + box.height > window.innerHeight ? y - box.height - 12 : y + 16;
  tip.style.left = `${Math.max(6, left)}px`;
  tip.style.top = `${Math.max(6, top)}px`;
}
const hideTip = () => { tip.hidden = true; };

function fillTable(parent, heads, rows, options) {
  const table = put(empty(parent), "table", { "aria-label": options.label });
  const head = put(put(table, "thead"), "tr");
  heads.forEach(([text, isNumber]) => put(head, "th", { scope: "col", class: isNumber ? "num" : null }, text));
  const body = put(table, "tbody");
  for (const row of rows) {
    const line = put(body, "tr");
    row.forEach((cell, i) => {
      const holder = put(line, i === options.heading ? "th" : "td", { class: heads[i][1] ? "num" : null, scope: i === options.heading ? "row" : null });
      if (cell && cell.press) put(holder, "button", { type: "button", class: "link" }, cell.text).addEventListener("click", cell.press);
      else holder.textContent = isKnown(cell) ? cell : "no figure";
    });
  }
  return table;
}

// A choice that can be searched: options are {value, text, group, hint}. Pattern: the editable combobox of WAI-ARIA.
function combo(holder, settings) {
  const input = put(holder, "input", {
    type: "text", id: settings.id, role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: settings.placeholder,
    "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": `${settings.id}-options`,
  });
  const list = put(holder, "ul", { class: "options", role: "listbox", id: `${settings.id}-options`, "aria-label": settings.label, hidden: "" });
  let chosen = null;
  let shown = [];
  let active = -1;

  function found(words) {
    const all = words.toLowerCase().split(/\s+/).filter(Boolean);
    const having = (say) => settings.options.filter((o) => all.every((w) => say(o).toLowerCase().includes(w)));
    const own = having((o) => `${o.text} ${o.hint || ""}`);
    const matching = own.length ? own : having((o) => `${o.group || ""} ${o.text} ${o.hint || ""}`);
    if (settings.options.some((o) => o.group)) return matching;
    const far = (o) => (o.text.toLowerCase().includes(words.trim().toLowerCase()) ? 0 : 1);
    return matching.sort((a, b) => far(a) - far(b));
  }
  function open(words) {
    const matching = found(words);
    shown = matching.slice(0, settings.most || 400);
    empty(list);
    let group = null;
    shown.forEach((option, i) => {
      if (option.group && option.group !== group) { group = option.group; put(list, "li", { class: "group", role: "presentation" }, group); }
      const item = put(list, "li", { class: "option", role: "option", id: `${settings.id}-${i}`, "aria-selected": String(option.value === chosen) }, option.text);
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(option); });
    });
    if (!shown.length) put(list, "li", { class: "none", role: "presentation" }, "Nothing of this name");
    if (matching.length > shown.length) put(list, "li", { class: "none", role: "presentation" }, `${matching.length - shown.length} more: type on`);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    move(words ? 0 : Math.max(0, shown.findIndex((o) => o.value === chosen)));
  }
  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    const option = settings.options.find((o) => o.value === chosen);
    input.value = option ? option.text : "";
  }
  function move(to) {
    const items = list.querySelectorAll(".option");
    if (!items.length) return;
    active = (to + items.length) % items.length;
    items.forEach((item, i) => item.classList.toggle("active", i === active));
    items[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[active].id);
  }
  function choose(option) { chosen = option.value; close(); settings.onChoose(option.value); }

  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => { if (list.hidden) open(""); });
  input.addEventListener("input", () => open(input.value));
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const isOpen = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) open(""); else move(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && isOpen && shown[active]) { event.preventDefault(); choose(shown[active]); }
    else if (event.key === "Escape" && isOpen) { event.preventDefault(); close(); }
  });
  return { show(value) { chosen = value; close(); }, options: settings.options };
}
