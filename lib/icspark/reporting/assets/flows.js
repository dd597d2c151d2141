// Ordered paths of conditions as ranked flows: how many people went along each, against what each step alone explains.

const FLOW = { row: 40, pill: 172, height: 28, gap: 62, most: 60 };

function startFlows() {
  if (!content.trajectories.length) { byId("flows").hidden = true; byId("flows-link").hidden = true; return; }
  byId("flow-order").addEventListener("change", drawFlows);
  const there = [...new Set(content.trajectories.flatMap((t) => t.path))];
  const options = there.map((i) => ({ value: i, text: nodes[i].label })).sort((a, b) => (a.text < b.text ? -1 : 1));
  main.flowThrough = null;
  combo(byId("through-combo"), { id: "through", label: "Conditions", placeholder: "Any condition", options: [{ value: null, text: "Any condition" }, ...options], onChoose: (i) => { main.flowThrough = i; drawFlows(); } });
  drawFlows();
}

function chosenFlows() {
  const wanted = content.trajectories.filter((t) => !isKnown(main.flowThrough) || t.path.includes(main.flowThrough));
  const how = byId("flow-order").value === "people" ? (t) => t.people : (t) => t.ratio;
  return wanted.sort((a, b) => (how(b) || 0) - (how(a) || 0) || a.path.length - b.path.length).slice(0, FLOW.most);
}

function drawFlows() {
  const rows = chosenFlows();
  const longest = Math.max(3, ...rows.map((t) => t.path.length));
  const end = 34 + longest * FLOW.pill + (longest - 1) * FLOW.gap;
  const width = end + 350;
  const most = Math.max(1, ...rows.map((t) => t.people || 0));
  const svg = put(empty(byId("flows-frame")), "svg", { viewBox: `0 0 ${width} ${rows.length * FLOW.row + 30}`, role: "img", "aria-label": "Ordered paths of conditions; hover for figures", class: "flows" });
  svg.style.minWidth = "860px";
  for (const [text, x, anchor] of [["People", end + 66, "end"], ["Expected", end + 150, "end"], ["Ratio (95 % interval)", end + 336, "end"]]) put(svg, "text", { x, y: 16, "text-anchor": anchor, class: "axis" }, text);
  rows.forEach((flow, i) => drawFlow(svg, flow, { y: 26 + i * FLOW.row, rank: i + 1, end, most }));
  byId("flows-note").textContent = `${plain(rows.length, 0)} of ${plain(content.trajectories.length, 0)} paths are shown.`;
}

function drawFlow(svg, flow, { y, rank, end, most }) {
  const group = put(svg, "g", { class: "flow" });
  const middle = y + FLOW.height / 2;
  const thick = 2 + 22 * Math.sqrt((flow.people || 0) / most);
  put(group, "text", { x: 24, y: middle + 4, "text-anchor": "end", class: "tick" }, rank);
  flow.path.forEach((at, step) => {
    const x = 34 + step * (FLOW.pill + FLOW.gap);
    if (step) put(group, "path", { d: `M${x - FLOW.gap} ${middle - thick / 2}L${x - 12} ${middle - thick / 2}L${x - 1} ${middle}L${x - 12} ${middle + thick / 2}L${x - FLOW.gap} ${middle + thick / 2}z`, fill: "#b9c6d2" });
    put(group, "rect", { x, y, width: FLOW.pill, height: FLOW.height, rx: 14, fill: "#ffffff", stroke: colourOfNode(nodes[at]), "stroke-width": 2.4 });
    const label = nodes[at].label;
    put(group, "text", { x: x + FLOW.pill / 2, y: middle + 4, "text-anchor": "middle", "font-size": label.length > 22 ? 10.5 : 12.5 }, label.length > 30 ? `${label.slice(0, 29)}\u2026` : label);
  });
  const figures = [[sayCount(flow.people), end + 66], [isKnown(flow.expected) ? plain(flow.expected, 1) : "withheld", end + 150], [isKnown(flow.ratio) ? `${sayRatio(flow.ratio)} (${sayLimits(flow.lower, flow.upper)})` : "withheld", end + 336]];
  for (const [text, x] of figures) put(group, "text", { x, y: middle + 4, "text-anchor": "end", class: "figure" }, text);
  pointable(group, () => [["title", flow.path.map((at) => nodes[at].label).join(" \u2192 ")], ["big", `${sayCount(flow.people)} people`], ["pairs", [["expected", isKnown(flow.expected) ? plain(flow.expected, 1) : "withheld"], ["ratio", sayRatio(flow.ratio)], ["95 % interval", sayLimits(flow.lower, flow.upper)]]]]);
}
