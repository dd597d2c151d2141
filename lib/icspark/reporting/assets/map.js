// The map: areas in their colours, practices as points, zoom by button, key, wheel and drag.

const map = { svg: null, frame: byId("map-frame"), view: null, full: null, areas: [], points: [], names: [], onPick: () => {} };

function drawMap() {
  const shape = content.map;
  if (!shape) {
    put(map.frame, "p", { class: "empty" }, "No boundaries of these areas are loaded, so there is no map. The tables below hold every area.");
    return;
  }
  map.full = { x: 0, y: 0, w: shape.width, h: shape.height };
  map.view = { ...map.full };
  map.svg = put(map.frame, "svg", { tabindex: "0", role: "img", "aria-describedby": "map-note", preserveAspectRatio: "xMidYMid meet" });
  put(map.svg, "title", {}, `Map of ${content.region}: plus and minus zoom, arrows move, 0 shows all`);
  const pattern = put(put(map.svg, "defs"), "pattern", { id: "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse" });
  put(pattern, "rect", { width: 8, height: 8, fill: content.noFigure });
  put(pattern, "path", { d: "M0 8L8 0M-2 2L2 -2M6 10L10 6", stroke: "#7b8590", "stroke-width": 1.6 });
  map.pattern = pattern;
  const areas = put(map.svg, "g", { id: "areas" });
  content.areas.path.forEach((path, i) => {
    if (!path) return;
    map.areas[i] = put(areas, "path", { d: path, class: content.areas.inRegion[i] ? "area" : "area context", "data-at": i });
  });
  const lines = put(map.svg, "g", { id: "districts" });
  shape.districts.forEach((d) => put(lines, "path", { d: d.path, class: "district" }));
  if (shape.region) put(map.svg, "path", { d: shape.region, class: "region", id: "region" });
  map.halo = put(map.svg, "path", { class: "halo" });
  map.marked = put(map.svg, "path", { class: "marked" });
  drawPractices();
  const names = put(map.svg, "g", { id: "district-names", "aria-hidden": "true" });
  shape.districts.forEach((d) => map.names.push(put(names, "text", { x: d.at[0], y: d.at[1], class: "district-name" }, d.name)));
  addZoom();
  addPointer();
  addToggles();
  setView(map.full);
}

function drawPractices() {
  const practices = content.practices;
  const patients = practices.values.registered_patients_count || [];
  const most = Math.max(1, ...patients.filter(isKnown));
  const group = put(map.svg, "g", { id: "practice-points" });
  const order = practices.code.map((_, i) => i).filter((i) => practices.at[i]).sort((a, b) => (patients[b] || 0) - (patients[a] || 0));
  for (const i of order) {
    const [x, y] = practices.at[i];
    const point = put(group, "circle", { cx: x, cy: y, class: "practice", "data-practice": i });
    map.points.push([point, 3.2 + 6 * Math.sqrt((patients[i] || 0) / most)]);
  }
}

function setView(view) {
  const full = map.full;
  const w = Math.min(full.w, Math.max(full.w / 60, view.w));
  const h = (w * full.h) / full.w;
  const x = Math.min(full.x + full.w - w, Math.max(full.x, view.x));
  const y = Math.min(full.y + full.h - h, Math.max(full.y, view.y));
  map.view = { x, y, w, h };
  map.svg.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
  map.frame.classList.toggle("zoomed", w < full.w * 0.999);
  rescale();
}

function stepsPerPixel() {
  const box = map.svg.getBoundingClientRect();
  return Math.max(map.view.w / Math.max(1, box.width), map.view.h / Math.max(1, box.height));
}

// Points, names and hatching keep their size on the screen at every zoom.
function rescale() {
  const k = stepsPerPixel();
  const small = map.svg.getBoundingClientRect().width < 560;
  for (const [point, size] of map.points) point.setAttribute("r", (size * (small ? 0.7 : 1) * k).toFixed(1));
  for (const name of map.names) {
    name.setAttribute("font-size", ((small ? 10.5 : 13.5) * k).toFixed(1));
    name.setAttribute("stroke-width", (3.2 * k).toFixed(1));
  }
  map.pattern.setAttribute("patternTransform", `scale(${k.toFixed(3)})`);
  drawScaleBar(k * content.map.metresPerStep);
}

function drawScaleBar(metresPerPixel) {
  const about = metresPerPixel * 110;
  const power = 10 ** Math.floor(Math.log10(about));
  const metres = [5, 2, 1].map((n) => n * power).find((n) => n <= about);
  map.bar.firstChild.textContent = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  map.bar.lastChild.style.width = `${metres / metresPerPixel}px`;
}

function zoomBy(factor, at) {
  const v = map.view;
  const centre = at || [v.x + v.w / 2, v.y + v.h / 2];
  setView({ x: centre[0] - (centre[0] - v.x) * factor, y: centre[1] - (centre[1] - v.y) * factor, w: v.w * factor });
}

function addZoom() {
  const holder = byId("zoom");
  for (const [text, label, act] of [["+", "Zoom in", () => zoomBy(0.6)], ["\u2212", "Zoom out", () => zoomBy(1 / 0.6)], ["\u2922", "Show all", () => setView(map.full)]]) {
    put(holder, "button", { type: "button", "aria-label": label, title: label }, text).addEventListener("click", act);
  }
  map.bar = put(map.frame, "div", { class: "scale-bar", "aria-hidden": "true" });
  put(map.bar, "span");
  put(map.bar, "i");
  map.svg.addEventListener("keydown", (event) => {
    const v = map.view;
    const step = v.w / 8;
    const act = {
      "+": () => zoomBy(0.6), "=": () => zoomBy(0.6), "-": () => zoomBy(1 / 0.6), 0: () => setView(map.full),
      ArrowLeft: () => setView({ ...v, x: v.x - step }), ArrowRight: () => setView({ ...v, x: v.x + step }),
      ArrowUp: () => setView({ ...v, y: v.y - step }), ArrowDown: () => setView({ ...v, y: v.y + step }),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  map.svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== map.svg) return;
    event.preventDefault();
    zoomBy(event.deltaY > 0 ? 1.25 : 0.8, placeOf(event));
  }, { passive: false });
  window.addEventListener("resize", rescale);
}

function placeOf(event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.svg.getScreenCTM().inverse());
  return [point.x, point.y];
}

function addPointer() {
  let from = null;
  let moved = false;
  map.svg.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, y: event.clientY, view: { ...map.view } };
    moved = false;
  });
  window.addEventListener("pointerup", () => { from = null; map.frame.classList.remove("dragging"); });
  window.addEventListener("pointercancel", () => { from = null; });
  map.svg.addEventListener("pointermove", (event) => {
    if (!from) { hover(event); return; }
    const k = stepsPerPixel();
    const dx = event.clientX - from.x;
    const dy = event.clientY - from.y;
    if (Math.abs(dx) + Math.abs(dy) < 5) return;
    moved = true;
    hideTip();
    map.frame.classList.add("dragging");
    setView({ ...from.view, x: from.view.x - dx * k, y: from.view.y - dy * k });
  });
  map.svg.addEventListener("pointerleave", hideTip);
  map.svg.addEventListener("click", (event) => {
    if (moved) return;
    const at = event.target.getAttribute("data-at");
    if (at !== null) map.onPick(Number(at));
    hover(event);
  });
}

function hover(event) {
  const at = event.target.getAttribute("data-at");
  const practice = event.target.getAttribute("data-practice");
  if (practice !== null) showTip(practiceLines(Number(practice)), event.clientX, event.clientY);
  else if (at !== null) showTip(areaLines(Number(at)), event.clientX, event.clientY);
  else hideTip();
}

function practiceLines(i) {
  const practices = content.practices;
  const pairs = practices.measures.map((m) => [m.label, write(practices.values[m.name][i], m)]);
  return [["title", practices.name[i] || practices.code[i]], ["sub", `general practice ${practices.code[i]}`], ["pairs", pairs]];
}

function areaLines(i) {
  const { measure } = state;
  const value = content.areas.values[measure.name][i];
  const lines = [["title", content.areas.name[i] || content.areas.code[i]], ["sub", content.areas.code[i]], ["sub", measure.label], ["big", write(value, measure)]];
  if (!isKnown(value)) lines.push(["sub", content.areas.reason[i] ? `because ${content.areas.reason[i]}` : null]);
  else lines.push(["sub", content.areas.inRegion[i] ? rankText(i) : `outside ${content.region}: not ranked`]);
  return lines;
}

function addToggles() {
  const holder = byId("map-toggles");
  const layers = [["practices", "Practices (larger: more patients)", "practice-points", true], ["authorities", "Local authorities", "districts", true], ["names", "Their names", "district-names", true]];
  if (content.map.region) layers.push(["region", `Outline of ${content.region}`, "region", true]);
  for (const [name, text, layer, isOn] of layers) {
    const label = put(holder, "label");
    const box = put(label, "input", { type: "checkbox", id: `toggle-${name}` });
    box.checked = isOn;
    put(label, "span", {}, text);
    box.addEventListener("change", () => byId(layer).setAttribute("display", box.checked ? "inline" : "none"));
  }
}

function colourMap() {
  if (!map.svg) return;
  const { measure, scale } = state;
  const values = content.areas.values[measure.name];
  map.areas.forEach((path, i) => path.setAttribute("fill", colourOf(values[i], measure, scale) || "url(#hatch)"));
  map.svg.setAttribute("aria-label", `${measure.label} of each area of ${content.region}`);
}

function markArea(i) {
  if (!map.svg) return;
  const path = isKnown(i) ? content.areas.path[i] : null;
  for (const mark of [map.halo, map.marked]) mark.setAttribute("d", path || "");
}

// Bring an area into view, with some of its neighbours around it.
function showArea(i) {
  const box = map.svg && content.areas.box[i];
  if (!box) return;
  const w = Math.min(map.full.w, Math.max((box[2] - box[0]) * 5, ((box[3] - box[1]) * 5 * map.full.w) / map.full.h, map.full.w / 14));
  const h = (w * map.full.h) / map.full.w;
  setView({ x: (box[0] + box[2]) / 2 - w / 2, y: (box[1] + box[3]) / 2 - h / 2, w });
}
