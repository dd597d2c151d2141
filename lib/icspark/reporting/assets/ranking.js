// One column over the areas of the region: key, histogram, ranks, highest and lowest, every area.

function rankText(i) {
  const { measure, ranks } = state;
  if (measure.kind === "category" || measure.kind === "ordered" || !isKnown(ranks.of[i])) return null;
  return `rank ${ranks.of[i]} of ${ranks.known}; 1 = highest`;
}

// Rank 1 is the highest value; equal values share the best of their ranks.
function rankAreas(measure) {
  const values = content.areas.values[measure.name];
  const order = values.map((_, i) => i).filter((i) => isKnown(values[i]) && content.areas.inRegion[i]);
  if (measure.kind === "category") return { of: [], known: order.length, order };
  order.sort((a, b) => values[b] - values[a] || (content.areas.code[a] < content.areas.code[b] ? -1 : 1));
  const of = [];
  order.forEach((i, at) => { of[i] = at && values[order[at - 1]] === values[i] ? of[order[at - 1]] : at + 1; });
  return { of, known: order.length, order };
}

function classNames(measure, scale) {
  if (measure.kind === "category") return measure.categories;
  if (measure.kind === "ordered") return scale.colours.map((_, i) => (i === 0 ? "1, most deprived" : i === scale.colours.length - 1 ? `${i + 1}, least deprived` : String(i + 1)));
  const b = scale.breaks.map((v) => writeShort(v, measure));
  const known = regionValues(measure).filter(isKnown);
  if (!b.length) return [known.length ? writeShort(known[0], measure) : "no figures"];
  return scale.colours.map((_, i) => (i === 0 ? `under ${b[0]}` : i === b.length ? `${b[i - 1]} and over` : `${b[i - 1]} to under ${b[i]}`));
}

function countClasses(measure, scale) {
  const counts = scale.colours.map(() => 0);
  let missing = 0;
  for (const value of regionValues(measure)) {
    if (!isKnown(value)) missing += 1;
    else counts[measure.kind === "category" ? measure.categories.indexOf(value) : classOf(value, scale)] += 1;
  }
  return { counts, missing };
}

function drawLegend() {
  const { measure, scale } = state;
  const { counts, missing } = countClasses(measure, scale);
  const names = classNames(measure, scale);
  const holder = empty(byId("legend"));
  put(holder, "p", { class: "quiet small" }, measure.label);
  const key = put(holder, "ul", { class: "key" });
  const order = scale.colours.map((_, i) => i);
  if (measure.kind === "sequential" || measure.kind === "diverging") order.reverse();
  for (const i of order) keyLine(key, scale.colours[i], names[i], counts[i]);
  if (missing || measure.kind !== "category") keyLine(key, null, "no figure", missing);
  put(holder, "p", { class: "quiet small" }, "Beside each class: the number of areas.").style.margin = "8px 0 0";
}

function keyLine(key, colour, text, count) {
  const item = put(key, "li");
  const swatch = put(item, "svg", { viewBox: "0 0 30 20", "aria-hidden": "true" });
  put(swatch, "rect", { width: 30, height: 20, fill: colour || content.noFigure });
  if (!colour) for (let x = -20; x < 30; x += 7) put(swatch, "path", { d: `M${x} 20l20 -20`, stroke: "#7b8590", "stroke-width": 1.6 });
  put(item, "span", {}, text);
  put(item, "span", { class: "n" }, plain(count, 0));
}

function drawDetail() {
  const holder = empty(byId("detail"));
  const i = state.area;
  if (!isKnown(i)) {
    put(holder, "h3", {}, "One area");
    put(holder, "p", { class: "quiet small" }, "Point at an area for its figure. Press on it, find it by name, or choose it in a table to keep it here.");
    return;
  }
  const { measure } = state;
  put(holder, "h3", {}, content.areas.name[i] || content.areas.code[i]);
  put(holder, "p", { class: "quiet small" }, `${content.areas.code[i]}, ${measure.label}`);
  put(holder, "p", { class: "value" }, write(content.areas.values[measure.name][i], measure));
  const rank = rankText(i);
  if (rank) put(holder, "p", { class: "quiet small" }, upper(rank));
  const list = put(holder, "dl");
  const usual = ["population_count", "median_age_years", "imd_2019_score", "imd_2019_decile", "diabetes_prevalence", "registered_patients_count"];
  for (const other of content.measures.filter((m) => usual.includes(m.name) && m !== measure)) {
    put(list, "dt", {}, other.label);
    put(list, "dd", {}, ["residents", "patients"].includes(other.unit) ? writeShort(content.areas.values[other.name][i], other) : write(content.areas.values[other.name][i], other));
  }
  if (!content.areas.path[i]) put(holder, "p", { class: "quiet small" }, "No boundary of this area is loaded: it is not on the map.");
}

function niceStep(spread, about) {
  const power = 10 ** Math.floor(Math.log10(spread / about));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => spread / n <= about);
}

function bars(measure, scale) {
  if (measure.kind === "category" || measure.kind === "ordered") {
    const { counts } = countClasses(measure, scale);
    return { isNumber: false, bars: counts.map((n, i) => ({ n, colour: scale.colours[i], text: classNames(measure, scale)[i] })) };
  }
  const known = regionValues(measure).filter(isKnown);
  const low = Math.min(...known);
  const high = Math.max(...known);
  if (!known.length || low === high) return { isNumber: false, bars: known.length ? [{ n: known.length, colour: scale.colours[0], text: write(low, measure) }] : [] };
  const isWhole = known.every(Number.isInteger) && high - low <= 40;
  const step = isWhole ? 1 : niceStep(high - low, 36);
  const start = isWhole ? low : Math.floor(low / step) * step;
  const found = Array.from({ length: Math.floor((high - start) / step + 1e-9) + 1 }, (_, i) => ({ from: start + i * step, to: start + (i + 1) * step, n: 0 }));
  for (const v of known) found[Math.min(found.length - 1, Math.floor((v - start) / step + 1e-9))].n += 1;
  for (const bar of found) {
    bar.colour = scale.colours[classOf(isWhole ? bar.from : Math.min(high, Math.max(low, (bar.from + bar.to) / 2)), scale)];
    bar.text = isWhole ? write(bar.from, measure) : `${writeShort(bar.from, measure)} to ${write(bar.to, measure)}`;
  }
  return { isNumber: true, isWhole, start, step, end: start + found.length * step, bars: found };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function drawHistogram() {
  const { measure, scale } = state;
  const holder = empty(byId("histogram"));
  const shape = bars(measure, scale);
  const width = Math.max(330, Math.min(1290, holder.clientWidth - 36));
  const [height, left, right, top, bottom] = [250, 46, 16, 34, 46];
  const svg = put(holder, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Number of areas by ${measure.label}` });
  const most = Math.max(1, ...shape.bars.map((b) => b.n));
  const y = (n) => height - bottom - (n / most) * (height - top - bottom);
  const gap = niceStep(most, 5);
  for (let n = 0; n <= most; n += Math.max(1, gap)) {
    put(svg, "line", { x1: left, x2: width - right, y1: y(n), y2: y(n), class: n ? "grid" : "base" });
    put(svg, "text", { x: left - 8, y: y(n) + 4, class: "tick", "text-anchor": "end" }, plain(n, 0));
  }
  const each = (width - left - right) / Math.max(1, shape.bars.length);
  shape.bars.forEach((bar, i) => {
    const rect = put(svg, "rect", { x: left + i * each + 1, y: y(bar.n), width: Math.max(1, Math.min(each - 2, 220)), height: Math.max(0, height - bottom - y(bar.n)), fill: bar.colour, stroke: "#17212b", "stroke-opacity": 0.25 });
    rect.addEventListener("pointermove", (event) => showTip([["title", bar.text], ["sub", `${plain(bar.n, 0)} areas`]], event.clientX, event.clientY));
    rect.addEventListener("pointerleave", hideTip);
    if (!shape.isNumber) put(svg, "text", { x: left + i * each + Math.min(each - 2, 220) / 2, y: height - bottom + 18, class: "tick", "text-anchor": "middle" }, width < 600 ? bar.text.slice(0, 9) : bar.text);
  });
  put(svg, "text", { x: 4, y: 16, class: "axis" }, "areas");
  if (shape.isNumber) histogramAxis(svg, shape, { width, height, left, right, bottom, top });
}

function histogramAxis(svg, shape, frame) {
  const { measure } = state;
  const { width, height, left, right, bottom, top } = frame;
  const offset = shape.isWhole ? 0.5 : 0;
  const x = (v) => left + ((v + offset - shape.start) / (shape.end - shape.start)) * (width - left - right);
  const gap = shape.isWhole ? Math.max(1, niceStep(shape.end - shape.start, width / 90)) : niceStep(shape.end - shape.start, width / 90);
  for (let v = Math.ceil(shape.start / gap - 1e-9) * gap; v <= shape.end + 1e-12; v += gap) {
    if (x(v) > width - right + 1) break;
    put(svg, "text", { x: x(v), y: height - bottom + 18, class: "tick", "text-anchor": "middle" }, writeTick(Math.abs(v) < gap / 1e6 ? 0 : v, gap, measure));
  }
  put(svg, "text", { x: width - right, y: height - 8, class: "axis", "text-anchor": "end" }, measure.label);
  const middle = median(regionValues(measure).filter(isKnown));
  mark(svg, x(middle), [top - 14, height - bottom], `median ${writeShort(middle, measure)}`, width);
  const value = isKnown(state.area) ? content.areas.values[measure.name][state.area] : null;
  if (isKnown(value) && content.areas.inRegion[state.area]) mark(svg, x(value), [top, height - bottom], content.areas.name[state.area], width, "4 3");
}

function writeTick(v, gap, measure) {
  const factor = measure.unit === "percent" ? 100 : 1;
  const digits = Math.max(0, -Math.floor(Math.log10(gap * factor) + 1e-9));
  return plain(v * factor, digits) + (factor > 1 ? " %" : "");
}

function mark(svg, x, [from, to], text, width, dash) {
  put(svg, "line", { x1: x, x2: x, y1: from, y2: to, stroke: "#17212b", "stroke-width": 1.6, "stroke-dasharray": dash });
  const isRight = x > width * 0.7;
  put(svg, "text", { x: x + (isRight ? -6 : 6), y: from + 9, class: "axis", "text-anchor": isRight ? "end" : "start", "paint-order": "stroke", stroke: "#fff", "stroke-width": 3 }, text);
}

function drawRanking() {
  const { measure, ranks } = state;
  const values = content.areas.values[measure.name];
  const row = (i) => [isKnown(ranks.of[i]) ? ranks.of[i] : "", { text: content.areas.name[i] || content.areas.code[i], press: () => pick(i, true) }, content.areas.code[i], write(values[i], measure)];
  const heads = [["Rank", true], ["Area", false], ["Code", false], [measure.unit === "percent" ? "Share" : "Figure", true]];
  const isOrdered = measure.kind !== "category";
  byId("top").parentElement.parentElement.hidden = !isOrdered;
  const isClass = measure.kind === "ordered";
  byId("top-title").textContent = isClass ? "Ten of the highest classes (least deprived)" : "The ten highest";
  byId("bottom-title").textContent = isClass ? "Ten of the lowest classes (most deprived)" : "The ten lowest";
  fillTable(byId("top"), heads, ranks.order.slice(0, 10).map(row), { label: `Highest: ${measure.label}`, heading: 1 });
  fillTable(byId("bottom"), heads, ranks.order.slice(-10).reverse().map(row), { label: `Lowest: ${measure.label}`, heading: 1 });
  if (byId("all-areas").open) drawAll(heads, row);
  byId("all-areas").ontoggle = () => { if (byId("all-areas").open) drawAll(heads, row); };
  const missing = regionValues(measure).length - ranks.known;
  byId("ranking-note").textContent = `${measure.label}: ${plain(ranks.known, 0)} areas with a figure${missing ? `, ${plain(missing, 0)} without` : ""}. ${measure.note}.`;
}

function drawAll(heads, row) {
  const rest = content.areas.code.map((_, i) => i).filter((i) => content.areas.inRegion[i] && !state.ranks.order.includes(i));
  fillTable(byId("all"), heads, [...state.ranks.order, ...rest].map(row), { label: `Every area: ${state.measure.label}`, heading: 1 });
}
