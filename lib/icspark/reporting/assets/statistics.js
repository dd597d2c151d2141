// The correlation heat map, and the picture of age and deprivation together.

const ANALYSES = {
  "lsoa/domains": "Areas: the seven domains, each with the others held constant",
  "lsoa/education_sub_domains": "Areas: Education replaced by its two sub-domains",
  "lsoa/adult_skills_parts": "Areas: Adult Skills replaced by its two parts",
  "practice/unadjusted": "Practices: every score, nothing held constant",
};

function startCorrelation() {
  const choice = byId("analysis");
  if (!content.correlation.length) { byId("heat").textContent = "No correlations were computed for this run."; return; }
  content.correlation.forEach((c, i) => put(choice, "option", { value: i }, ANALYSES[`${c.level}/${c.analysis}`] || `${c.level}: ${c.analysis.replace(/_/g, " ")}`));
  choice.addEventListener("change", drawHeat);
  byId("order").addEventListener("change", drawHeat);
  drawHeatKey();
  drawHeat();
}

function signed(value) {
  return (value < 0 ? "\u2212" : "") + plain(Math.abs(value), 2);
}

function heatColour(coefficient, most) {
  const ramp = content.diverging;
  const at = Math.round(((Math.max(-most, Math.min(most, coefficient)) / most + 1) / 2) * (ramp.length - 1));
  return ramp[at];
}

const HEAT_LIMIT = 0.8;

function drawHeat() {
  const table = content.correlation[Number(byId("analysis").value)];
  const unit = table.level === "lsoa" ? "areas" : "practices";
  const known = table.cells.flat().filter((c) => c && isKnown(c[1]));
  const counts = [...new Set(known.map((c) => c[0]))].sort((a, b) => a - b);
  const several = counts.length > 1 ? `${plain(counts[0], 0)} to ${plain(counts[counts.length - 1], 0)}` : plain(counts[0] || 0, 0);
  const held = table.isPartial ? ` Held constant besides the other columns: ${table.controls.join(", ").toLowerCase()}.` : "";
  byId("analysis-note").textContent = `Spearman's ${table.isPartial ? "partial " : ""}rank correlation over ${several} ${unit}.${held}`;
  const rows = table.outcomes.map((_, i) => i);
  const strength = (i) => Math.max(0, ...table.cells[i].filter((c) => c && isKnown(c[1])).map((c) => Math.abs(c[1])));
  if (byId("order").value === "strongest") rows.sort((a, b) => strength(b) - strength(a));
  const holder = put(empty(byId("heat")), "table", { class: table.factors.length > 10 ? "heat" : "heat roomy", "aria-label": "Correlation coefficients: outcomes down, factors across" });
  const head = put(put(holder, "thead"), "tr");
  put(head, "td");
  table.heads.forEach((f, c) => put(put(put(head, "th", { scope: "col", title: table.factors[c] }), "div"), "span", {}, f));
  const pad = put(put(head, "td"), "div");
  pad.style.width = "64px";
  const body = put(holder, "tbody");
  rows.forEach((r, at) => {
    const line = put(body, "tr");
    put(line, "th", { scope: "row" }, table.outcomes[r]);
    table.cells[r].forEach((cell, c) => heatCell(line, cell, { table, r, c, isFirst: at === 0 && c === 0 }));
  });
  drawStrongest(table);
}

function drawStrongest(table) {
  const pairs = table.cells.flatMap((row, r) => row.map((cell, c) => ({ cell, r, c }))).filter((p) => p.cell && isKnown(p.cell[1]));
  pairs.sort((a, b) => Math.abs(b.cell[1]) - Math.abs(a.cell[1]) || a.r - b.r || a.c - b.c);
  const rows = pairs.slice(0, 10).map((p) => [`${table.outcomes[p.r]} and ${table.heads[p.c]}`, signed(p.cell[1])]);
  fillTable(byId("heat-strongest"), [["Outcome and factor", false], ["", true]], rows, { label: "The ten strongest coefficients", heading: 0 });
}

function heatCell(line, cell, place) {
  const box = put(line, "td", { tabindex: place.isFirst ? "0" : "-1" });
  const names = `${place.table.outcomes[place.r]} and ${place.table.factors[place.c]}`;
  if (!cell || !isKnown(cell[1])) {
    box.className = "empty";
    box.textContent = "\u2013";
  } else {
    const isUnsure = !(isKnown(cell[5]) && cell[5] < 0.05);
    const isLoose = isKnown(cell[6]) && cell[6] <= 0 && cell[7] >= 0;
    const colour = isUnsure ? "#f3f4f5" : heatColour(cell[1], HEAT_LIMIT);
    box.className = isUnsure ? "unsure" : isLoose ? "loose" : "";
    box.style.backgroundColor = colour;
    box.style.color = isUnsure ? "#4a5866" : inkOn(colour);
    box.textContent = signed(cell[1]);
  }
  box.setAttribute("aria-label", `${names}: ${cell && isKnown(cell[1]) ? signed(cell[1]) : "no figure"}`);
  const tell = (x, y) => showTip(heatLines(cell, names, place.table), x, y);
  box.addEventListener("pointermove", (event) => tell(event.clientX, event.clientY));
  box.addEventListener("pointerleave", hideTip);
  box.addEventListener("focus", () => { const r = box.getBoundingClientRect(); tell(r.right, r.bottom); });
  box.addEventListener("blur", hideTip);
  box.addEventListener("keydown", heatKeys);
}

function heatKeys(event) {
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (!moves[event.key]) return;
  event.preventDefault();
  const row = event.target.parentElement;
  const [down, across] = moves[event.key];
  const next = down ? (down > 0 ? row.nextElementSibling : row.previousElementSibling) : row;
  const cell = next && next.children[[...row.children].indexOf(event.target) + across];
  if (cell && cell.tagName === "TD") { event.target.tabIndex = -1; cell.tabIndex = 0; cell.focus(); }
}

function heatLines(cell, names, table) {
  if (!cell || !isKnown(cell[1])) return [["title", names], ["sub", cell && cell[8] ? `no figure: ${cell[8]}` : "no figure"]];
  const [n, r, low, high, p, q, clusterLow, clusterHigh] = cell;
  const pairs = [["n", plain(n, 0)], ["95 % interval", `${signed(low)} to ${signed(high)}`]];
  if (isKnown(clusterLow)) pairs.push([`95 %, ${table.clusters} authorities resampled`, `${signed(clusterLow)} to ${signed(clusterHigh)}`]);
  pairs.push(["p", writeP(p)], ["q (false discovery rate)", isKnown(q) ? writeP(q) : "no figure"]);
  return [["title", names], ["big", signed(r)], ["pairs", pairs]];
}

function drawHeatKey() {
  const holder = put(empty(byId("heat-key")), "div", { class: "heat-key" });
  const ramp = put(holder, "span");
  put(ramp, "span", {}, `\u2212${HEAT_LIMIT}`);
  const svg = put(ramp, "svg", { class: "ramp", viewBox: `0 0 ${content.diverging.length} 1`, preserveAspectRatio: "none", "aria-hidden": "true" });
  content.diverging.forEach((colour, i) => put(svg, "rect", { x: i, width: 1.05, height: 1, fill: colour }));
  put(ramp, "span", {}, `${HEAT_LIMIT}: coefficient`);
  const unsure = put(holder, "span", {});
  const swatch = put(unsure, "span", { class: "swatch" });
  swatch.style.background = "repeating-linear-gradient(45deg, rgba(23,33,43,.28) 0 1.5px, #f3f4f5 1.5px 6px)";
  put(unsure, "span", {}, "hatched: q is 0.05 or more");
  put(holder, "span", {}, "dotted line below: the interval by resampling local authorities holds 0");
}

function startAges() {
  const choice = byId("outcome");
  if (!content.ages.length) { byId("age-chart").textContent = "No picture of age and deprivation was computed for this run."; return; }
  content.ages.forEach((a, i) => put(choice, "option", { value: i }, `${a.label}, by fifth of: ${a.domain}`));
  choice.addEventListener("change", drawAges);
  drawAges();
}

function drawAges() {
  const picture = content.ages[Number(byId("outcome").value)];
  const say = (v) => (isKnown(v) ? (picture.unit === "percent" ? `${plain(v * 100, 2)} %` : plain(v, 2)) : "\u2013");
  drawAgeChart(picture, say);
  drawAgeTable(picture, say);
  drawAgeLines(picture);
}

const middleAge = (p) => (p[1] + p[2]) / 2;

// Each from the middle of its fifth's first band to that of its last: beyond them nothing was seen.
function fittedLines(picture, points) {
  return picture.lines.flatMap(([fifth, intercept, slope]) => {
    const own = points.filter((p) => p[0] === fifth);
    if (!own.length || !isKnown(slope)) return [];
    const ages = own.length > 1 ? own.map(middleAge) : own[0].slice(1, 3);
    return [{ fifth, ends: [Math.min(...ages), Math.max(...ages)].map((age) => [age, intercept + slope * age]) }];
  });
}

function drawAgeChart(picture, say) {
  const holder = empty(byId("age-chart"));
  put(holder, "p", { class: "chart-title" }, `${picture.label}: mean of the areas, attributed from practices`);
  const width = Math.max(320, Math.min(680, holder.clientWidth - 36));
  const [height, left, right, top, bottom] = [410, 58, 14, 12, 48];
  const points = picture.points.filter((p) => isKnown(p[4]));
  const ages = [Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[2]))];
  const lines = fittedLines(picture, points);
  const heights = [...points.map((p) => p[4]), ...lines.flatMap((line) => line.ends.map((end) => end[1]))];
  const pad = (Math.max(...heights) - Math.min(...heights) || Math.abs(heights[0]) || 1) * 0.12;
  const [low, high] = [Math.min(...heights) - pad, Math.max(...heights) + pad];
  const x = (age) => left + ((age - ages[0]) / (ages[1] - ages[0] || 1)) * (width - left - right);
  const y = (v) => height - bottom - ((v - low) / (high - low)) * (height - top - bottom);
  const svg = put(holder, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${picture.label} by median age and fifth of ${picture.domain}; the table beside it has the figures` });
  const gap = niceStep(high - low, 6);
  for (let v = Math.ceil(low / gap) * gap; v <= high; v += gap) {
    put(svg, "line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: "grid" });
    put(svg, "text", { x: left - 8, y: y(v) + 4, class: "tick", "text-anchor": "end" }, writeTick(v, gap, picture));
  }
  const edges = [...new Set(points.flatMap((p) => [p[1], p[2]]))].sort((a, b) => a - b);
  edges.forEach((age) => put(svg, "text", { x: x(age), y: height - bottom + 20, class: "tick", "text-anchor": "middle" }, age));
  put(svg, "line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, class: "base" });
  put(svg, "text", { x: width - right, y: height - 8, class: "axis", "text-anchor": "end" }, "median age of the area, years");
  let above = -Infinity;
  for (const { fifth, ends: [from, to] } of lines.sort((a, b) => b.ends[1][1] - a.ends[1][1])) {
    put(svg, "line", { x1: x(from[0]), y1: y(from[1]), x2: x(to[0]), y2: y(to[1]), stroke: content.fifths[fifth - 1], "stroke-width": 2.4, class: "fitted", "data-fifth": fifth });
    above = Math.max(y(to[1]) + 4, above + 13);
    put(svg, "text", { x: x(to[0]) + 12, y: above, class: "axis", fill: content.fifths[fifth - 1] }, fifth);
  }
  for (const p of points) {
    const colour = p[6] ? "#9aa5b0" : content.fifths[p[0] - 1];
    const dot = put(svg, "circle", { cx: x(middleAge(p)) + (p[0] - 3) * 4, cy: y(p[4]), r: p[6] ? 4 : 6, fill: p[6] ? "#fff" : colour, stroke: p[6] ? "#9aa5b0" : "#17212b", "stroke-width": p[6] ? 1.4 : 0.8 });
    dot.addEventListener("pointermove", (event) => showTip([["title", `Fifth ${p[0]}, median age ${p[1]} to under ${p[2]}`], ["big", say(p[4])], ["sub", `${plain(p[3], 0)} areas; fitted ${say(p[5])}${p[6] ? "; fewer than 10 areas" : ""}`]], event.clientX, event.clientY));
    dot.addEventListener("pointerleave", hideTip);
  }
  const key = put(holder, "div", { class: "heat-key" });
  content.fifths.forEach((colour, i) => {
    const item = put(key, "span");
    put(item, "span", { class: "swatch" }).style.background = colour;
    put(item, "span", {}, i === 0 ? "1, most deprived" : i === 4 ? "5, least deprived" : String(i + 1));
  });
  put(key, "span", {}, "hollow grey: fewer than 10 areas");
}

function drawAgeTable(picture, say) {
  const bands = [...new Map(picture.points.filter((p) => p[3] > 0).map((p) => [p[1], p[2]]))].sort((a, b) => a[0] - b[0]);
  const at = new Map(picture.points.map((p) => [`${p[0]}/${p[1]}`, p]));
  const heads = [["Median age", false], ...[1, 2, 3, 4, 5].map((q) => [`Fifth ${q}`, true])];
  const rows = bands.map(([from, to]) => [`${from} to under ${to}`, ...[1, 2, 3, 4, 5].map((q) => say((at.get(`${q}/${from}`) || [])[4]))]);
  const table = fillTable(byId("age-table"), heads, rows, { label: `Mean of ${picture.label} by median age and fifth`, heading: 0 });
  [...table.tBodies[0].rows].forEach((row, r) => [1, 2, 3, 4, 5].forEach((q) => {
    const point = at.get(`${q}/${bands[r][0]}`);
    if (!point || point[6]) row.cells[q].classList.add("cell-grey");
    if (point) row.cells[q].title = `${point[3]} areas`;
  }));
  put(byId("age-table"), "p", { class: "quiet small" }, "Greyed: fewer than 10 areas.").style.margin = "6px 0 16px";
}

function drawAgeLines(picture) {
  const holder = empty(byId("age-lines"));
  if (picture.reason || !picture.lines.length) { put(holder, "p", { class: "quiet" }, `No lines were fitted${picture.reason ? `: ${picture.reason}` : ""}.`); return; }
  const factor = picture.unit === "percent" ? 100 : 1;
  const say = (v) => (isKnown(v) ? (v < 0 ? "\u2212" : "") + plain(Math.abs(v * factor), 3) : "\u2013");
  const rows = picture.lines.map((l) => [String(l[0]), plain(l[5], 0), say(l[2]), `${say(l[3])} to ${say(l[4])}`]);
  fillTable(holder, [["Fifth", false], ["Areas", true], [picture.unit === "percent" ? "Percentage points a year of age" : "Points a year of age", true], ["95 % interval", true]], rows, { label: "Fitted slopes", heading: 0 });
  const [f, p, q, r2] = picture.test;
  const parts = [isKnown(f) ? `F = ${plain(f, 2)}` : null, isKnown(p) ? `p ${p < 0.001 ? "" : "= "}${writeP(p)}` : null, isKnown(q) ? `q ${q < 0.001 ? "" : "= "}${writeP(q)}` : null].filter(Boolean);
  put(holder, "p", { class: "quiet small" }, `Do the slopes differ? ${parts.join(", ")}; n = ${plain(picture.n, 0)}${isKnown(r2) ? `, R\u00b2 = ${plain(r2, 2)}` : ""}.`).style.margin = "8px 0 0";
}
