// Gradients over deprivation: the rate of each fifth with its interval, the line over ranks, and the two indices.

function startGradients() {
  const choice = byId("gradient-measure");
  if (!content.gradients.length) { byId("gradient").hidden = true; byId("gradient-link").hidden = true; return; }
  content.gradients.forEach((g, i) => put(choice, "option", { value: i }, `${g.label}; by ${g.domain}, ${gradientYears(g)}`));
  choice.addEventListener("change", drawGradient);
  drawGradient();
}

function gradientYears(picture) {
  return picture.years > 1 ? `${picture.year - picture.years + 1} to ${picture.year}` : String(picture.year);
}

function drawGradient() {
  const picture = content.gradients[Number(byId("gradient-measure").value)];
  const factor = picture.unit === "percent" ? 100 : 1;
  const known = picture.points.filter((p) => isKnown(p[2]) && isKnown(p[1]));
  const numbers = [...known.flatMap((p) => [p[2], p[3], p[4]]), ...(picture.planted || [])].filter(isKnown).map((v) => v * factor);
  const digits = digitsFor(Math.max(...numbers) - Math.min(...numbers));
  const say = (v) => (isKnown(v) ? `${v < 0 ? "\u2212" : ""}${plain(Math.abs(v * factor), digits)}${picture.unit === "percent" ? " %" : ""}` : "\u2013");
  drawGradientChart(picture, { known, numbers, factor, say });
  drawGradientTable(picture, say);
  tellIndices(picture, say);
}

function drawGradientChart(picture, shown) {
  const holder = empty(byId("gradient-chart"));
  put(holder, "p", { class: "chart-title" }, `${picture.label}, ${gradientYears(picture)}`);
  const width = Math.max(320, Math.min(680, holder.clientWidth - 36));
  const [height, left, right, top, bottom] = [380, 64, 18, 12, 48];
  const pad = (Math.max(...shown.numbers) - Math.min(...shown.numbers) || Math.abs(shown.numbers[0]) || 1) * 0.12;
  const [low, high] = [Math.min(...shown.numbers) - pad, Math.max(...shown.numbers) + pad];
  const x = (rank) => left + rank * (width - left - right);
  const y = (v) => height - bottom - ((v - low) / (high - low)) * (height - top - bottom);
  const svg = put(holder, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${picture.label} by fifth of ${picture.domain}; the table beside it has the figures` });
  const gap = niceStep(high - low, 6);
  for (let v = Math.ceil(low / gap) * gap; v <= high; v += gap) {
    put(svg, "line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: "grid" });
    put(svg, "text", { x: left - 8, y: y(v) + 4, class: "tick", "text-anchor": "end" }, `${v < -1e-12 ? "\u2212" : ""}${plain(Math.abs(v), digitsFor(gap * 10))}${picture.unit === "percent" ? " %" : ""}`);
  }
  put(svg, "line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, class: "base" });
  put(svg, "text", { x: left, y: height - bottom + 20, class: "tick" }, "least deprived");
  put(svg, "text", { x: width - right, y: height - bottom + 20, class: "tick", "text-anchor": "end" }, "most deprived");
  put(svg, "text", { x: width - right, y: height - 8, class: "axis", "text-anchor": "end" }, `rank of the residents by ${picture.domain}`);
  drawGradientLine(svg, { picture, shown, x, y });
  for (const [fifth, rank, value, lower, upper, fitted, events, below] of shown.known) {
    const colour = content.fifths[fifth - 1];
    if (isKnown(lower)) put(svg, "line", { x1: x(rank), x2: x(rank), y1: y(lower * shown.factor), y2: y(upper * shown.factor), stroke: colour, "stroke-width": 3 });
    const dot = put(svg, "circle", { cx: x(rank), cy: y(value * shown.factor), r: 7, fill: colour, stroke: "#17212b", "stroke-width": 0.8 });
    put(svg, "text", { x: x(rank) + 12, y: y(value * shown.factor) + 4, class: "axis" }, fifth);
    const lines = [["title", `Fifth ${fifth}${fifth === 1 ? ", most deprived" : fifth === 5 ? ", least deprived" : ""}`], ["big", shown.say(value)], ["pairs", [["95 % interval", `${shown.say(lower)} to ${shown.say(upper)}`], ["on the line", shown.say(fitted)], ["events", isKnown(events) ? plain(events, 0) : "withheld"], ["out of", isKnown(below) ? plain(below, 0) : "withheld"]]]];
    dot.addEventListener("pointermove", (event) => showTip(lines, event.clientX, event.clientY));
    dot.addEventListener("pointerleave", hideTip);
  }
  if (picture.planted) drawPlanted(svg, holder, { picture, shown, x, y });
}

// What was planted in a simulated region: a hollow diamond beside each point.
function drawPlanted(svg, holder, { picture, shown, x, y }) {
  picture.points.forEach((p, i) => {
    const value = picture.planted[i];
    if (!isKnown(p[1]) || !isKnown(value)) return;
    const [cx, cy] = [x(p[1]), y(value * shown.factor)];
    put(svg, "path", { d: `M${cx} ${cy - 8}L${cx + 8} ${cy}L${cx} ${cy + 8}L${cx - 8} ${cy}Z`, fill: "none", stroke: "#17212b", "stroke-width": 1.8, class: "planted" });
  });
  put(holder, "p", { class: "quiet small" }, "Hollow diamonds: what was planted for the people who live there, over the whole period. Missing links between identifiers take events from persons, so counted rates of hospital care lie a little below; means and shares do not.").style.margin = "8px 0 0";
}

function drawGradientLine(svg, { picture, shown, x, y }) {
  const ends = shown.known.filter((p) => isKnown(p[5]));
  if (ends.length < 2 || !isKnown(picture.slope[0])) return;
  const [first, last] = [ends[0], ends[ends.length - 1]];
  const slope = (last[5] - first[5]) / (last[1] - first[1]);
  const at = (rank) => y((first[5] + slope * (rank - first[1])) * shown.factor);
  put(svg, "line", { x1: x(0), x2: x(1), y1: at(0), y2: at(1), stroke: "#7b8590", "stroke-width": 2 });
}

function drawGradientTable(picture, say) {
  const rows = picture.points.map((p, i) => [`${p[0]}${p[0] === 1 ? ", most deprived" : p[0] === 5 ? ", least deprived" : ""}`, isKnown(p[2]) ? say(p[2]) : p[8] || "withheld", isKnown(p[3]) ? `${say(p[3])} to ${say(p[4])}` : "\u2013", isKnown(p[6]) ? plain(p[6], 0) : "withheld", ...(picture.planted ? [say(picture.planted[i])] : [])]);
  const heads = [["Fifth", false], ["Figure", true], ["95 % interval", true], ["Events", true], ...(picture.planted ? [["Planted", true]] : [])];
  fillTable(byId("gradient-table"), heads, rows, { label: `${picture.label} by fifth of ${picture.domain}`, heading: 0 });
}

function tellIndices(picture, say) {
  const holder = empty(byId("gradient-indices"));
  const [slope, lower, upper, p, reason] = picture.slope;
  const [ratio, low, high, , ratioReason] = picture.relative;
  const rows = [["Slope index of inequality", isKnown(slope) ? say(slope) : reason || "withheld", isKnown(slope) ? `${say(lower)} to ${say(upper)}` : "\u2013"], ["Relative index of inequality", isKnown(ratio) ? plain(ratio, 2) : ratioReason || reason || "withheld", isKnown(ratio) ? `${plain(low, 2)} to ${plain(high, 2)}` : "\u2013"]];
  fillTable(holder, [["", false], ["Figure", true], ["95 % interval", true]], rows, { label: "Indices of inequality", heading: 0 });
  if (isKnown(picture.plantedSlope)) put(holder, "p", { class: "quiet small" }, `Planted slope index: ${say(picture.plantedSlope)}.`).style.margin = "8px 0 0";
  if (isKnown(p)) put(holder, "p", { class: "quiet small" }, `Test of no gradient: p ${p < 0.001 ? "" : "= "}${writeP(p)}.`).style.margin = "8px 0 0";
}
