// The state of the page, and what happens when it changes.

const state = { measure: null, scale: null, area: null, ranks: null };
const METHODS = { quantiles: "as many areas in each", equal: "of equal width", classes: "as published", categories: "as they are" };
const measuresByName = new Map(content.measures.map((m) => [m.name, m]));
const pickers = {};

function chooseMeasure(name) {
  state.measure = measuresByName.get(name);
  state.ranks = rankAreas(state.measure);
  pickers.measure.show(name);
  const methods = byId("method");
  const before = methods.value;
  empty(methods);
  Object.keys(state.measure.scales).forEach((key) => put(methods, "option", { value: key }, METHODS[key]));
  if (before in state.measure.scales) methods.value = before;
  methods.disabled = methods.options.length < 2;
  chooseMethod();
}

function chooseMethod() {
  state.scale = state.measure.scales[byId("method").value];
  byId("map-title").textContent = state.measure.label;
  byId("map-note").textContent = `${state.measure.note}.`;
  colourMap();
  drawLegend();
  drawDetail();
  drawHistogram();
  drawRanking();
}

function pick(i, bringIntoView) {
  state.area = i;
  markArea(i);
  drawDetail();
  drawHistogram();
  pickers.find.show(i);
  if (bringIntoView) {
    showArea(i);
    byId("map").scrollIntoView({ block: "start" });
  }
}

function tellWhatIsLeftOut() {
  const areas = content.areas;
  const without = areas.code.filter((_, i) => areas.inRegion[i] && !areas.path[i]).length;
  const parts = content.leftOut ? [content.leftOut] : [];
  if (content.map && without) parts.push(`${plain(without, 0)} of the ${plain(areas.inRegion.filter(Boolean).length, 0)} areas are not drawn: no boundary of theirs is loaded. The tables hold them.`);
  if (areas.inRegion.some((x) => !x)) parts.push(`Pale areas lie outside ${content.region} and are neither ranked nor counted.`);
  if (content.withoutFigures.length) parts.push(`${content.withoutFigures.length} columns hold no figure here and are not offered: ${content.withoutFigures.slice(0, 3).join("; ")}${content.withoutFigures.length > 3 ? "; and so on" : ""}.`);
  byId("map-left-out").textContent = parts.join(" ");
}

function tellPractices() {
  const practices = content.practices;
  const reasons = new Map();
  practices.noPlace.filter(Boolean).forEach((r) => reasons.set(r, (reasons.get(r) || 0) + 1));
  const on = practices.at.filter(Boolean).length;
  const because = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, n]) => `${n}: ${reason}`);
  byId("practices-note").textContent = `${plain(practices.code.length, 0)} practices; ${plain(on, 0)} have a point on the map${because.length ? `, ${plain(practices.code.length - on, 0)} have none (${because.join("; ")})` : ""}. ${content.practicesNote}`;
  const heads = [["Practice", false], ["Code", false], ...practices.measures.map((m) => [m.label, true]), ["Not on the map because", false]];
  const rows = practices.code.map((code, i) => [practices.name[i] || code, code, ...practices.measures.map((m) => write(practices.values[m.name][i], m)), practices.noPlace[i] || ""]);
  fillTable(byId("practice-table"), heads, rows, { label: "Every practice", heading: 0 });
}

function start() {
  drawMap();
  map.onPick = (i) => pick(i, false);
  pickers.measure = combo(byId("measure-combo"), {
    id: "measure", label: "Columns", placeholder: "Search columns", onChoose: chooseMeasure,
    options: content.measures.map((m) => ({ value: m.name, text: m.label, group: m.theme, hint: m.name })),
  });
  pickers.find = combo(byId("find-combo"), {
    id: "find", label: "Areas", placeholder: "Name or code", most: 60, onChoose: (i) => pick(i, true),
    options: content.areas.code.map((code, i) => ({ value: i, text: content.areas.name[i] || code, hint: code })),
  });
  byId("method").addEventListener("change", chooseMethod);
  if (content.measures.length) chooseMeasure(measuresByName.has("diabetes_prevalence") ? "diabetes_prevalence" : content.measures[0].name);
  else byId("legend").textContent = "There are no areas on this page.";
  tellWhatIsLeftOut();
  tellPractices();
  startCorrelation();
  startAges();
  startGradients();
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
  document.documentElement.setAttribute("data-ready", "yes");
}

start();
