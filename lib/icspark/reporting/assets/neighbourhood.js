// What can be asked of the network: how strong, only arrows, one condition and its neighbours, a reference and distances.

const asked = { odds: 1, arrows: false, picked: null, reference: null, ways: null };
const main = { drawn: null, pickers: {} };

function startNetwork() {
  main.drawn = drawGraph(byId("network-frame"), {
    id: "main", label: "Network of conditions; the tables below have the same figures", edges: content.edges, odds: (e) => e.odds,
    width: (e) => widthOf(e.odds || 1), colour: () => EDGE, tell: edgeLines, press: pick,
  });
  const slider = byId("strength");
  slider.addEventListener("input", () => { asked.odds = Math.exp((slider.value / 100) * Math.log(largestOdds)); refresh(); });
  byId("arrows-only").addEventListener("change", (event) => { asked.arrows = event.target.checked; refresh(); });
  const options = nodes.map((n, i) => ({ value: i, text: n.label, hint: n.name })).sort((a, b) => (a.text < b.text ? -1 : 1));
  main.pickers.find = combo(byId("find-combo"), { id: "find", label: "Conditions", placeholder: "Search a condition", options, onChoose: pick });
  main.pickers.reference = combo(byId("reference-combo"), { id: "reference", label: "Conditions", placeholder: "None chosen", options: [{ value: null, text: "None" }, ...options], onChoose: refer });
  byId("clear").addEventListener("click", () => { pick(null); refer(null); slider.value = 0; asked.odds = 1; byId("arrows-only").checked = asked.arrows = false; refresh(); });
  drawKey();
  refresh();
}

function isShown(edge) {
  return (!asked.arrows || edge.arrow) && (asked.odds <= 1 || (isKnown(edge.odds) && edge.odds >= asked.odds));
}

function pick(i) {
  asked.picked = i;
  main.pickers.find.show(i);
  refresh();
}

function refer(i) {
  asked.reference = i;
  asked.ways = isKnown(i) ? distancesFrom(i) : null;
  main.pickers.reference.show(i);
  refresh();
}

function refresh() {
  const shown = content.edges.map(isShown);
  const near = new Set(isKnown(asked.picked) ? [asked.picked] : []);
  content.edges.forEach((e, i) => { if (shown[i] && (e.source === asked.picked || e.target === asked.picked)) near.add(e.source).add(e.target); });
  main.drawn.edges.forEach((group, i) => {
    const edge = content.edges[i];
    const isOf = edge.source === asked.picked || edge.target === asked.picked;
    group.classList.toggle("hidden", !shown[i]);
    group.classList.toggle("faded", isKnown(asked.picked) && !isOf);
    group.classList.toggle("strong", isKnown(asked.picked) && isOf);
  });
  main.drawn.nodes.forEach((group, i) => {
    const isFar = asked.ways && asked.ways.away[i] === Infinity;
    group.classList.toggle("faded", (isKnown(asked.picked) && !near.has(i)) || Boolean(isFar));
    group.classList.toggle("marked-node", i === asked.picked);
    group.classList.toggle("reference-node", i === asked.reference);
  });
  const number = shown.filter(Boolean).length;
  byId("strength-text").textContent = asked.odds <= 1 ? "all" : plain(asked.odds, 2);
  byId("network-note").textContent = `${plain(nodes.length, 0)} conditions and ${plain(number, 0)} of ${plain(content.edges.length, 0)} edges are shown. ${content.leftOut}`;
  tellCondition();
  tellDistances();
}

function tellCondition() {
  const holder = empty(byId("condition"));
  if (!isKnown(asked.picked)) {
    put(holder, "h3", {}, "One condition");
    put(holder, "p", { class: "quiet small" }, "Point at a condition or an edge for its figures. Press on a condition, or search it, to keep it here with its neighbours.");
    return;
  }
  const node = nodes[asked.picked];
  put(holder, "h3", {}, node.label);
  put(holder, "p", { class: "value" }, sayShare(node.prevalence));
  const list = put(holder, "dl");
  const ways = asked.ways && asked.ways.away[asked.picked];
  const told = [["People with it", sayCount(node.cases)], ["Of", sayCount(node.people)], ["Edges", node.degree], ["Strength (sum of ln odds ratio)", sayRatio(node.strength)], ["Share of shortest ways that pass it", sayShare(node.betweenness)], ["Community", node.community], ["Its stability", isKnown(node.stability) ? plain(node.stability, 2) : "\u2013"]];
  if (isKnown(ways)) told.push([`From ${nodes[asked.reference].label}`, ways === Infinity ? "out of reach" : plain(ways, 2)]);
  for (const [term, value] of told) { put(list, "dt", {}, term); put(list, "dd", {}, value); }
  const rows = neighboursOf(asked.picked).filter(({ edge }) => isShown(edge)).map(({ edge, other }) => [{ text: nodes[other].label, press: () => pick(other) }, !edge.arrow ? "\u2014" : edge.source === asked.picked ? "after it" : "before it", sayRatio(edge.odds), sayLimits(edge.lower, edge.upper), sayCount(edge.both)]);
  const table = put(holder, "div", { class: "scroll", id: "neighbours" });
  fillTable(table, [["Neighbour", false], ["Comes", false], ["Odds ratio", true], ["95 % interval", true], ["Both", true]], rows, { label: `Neighbours of ${node.label}`, heading: 0 });
}

function tellDistances() {
  const holder = empty(byId("distances"));
  byId("distances-card").hidden = !asked.ways;
  if (!asked.ways) return;
  const { away, before } = asked.ways;
  byId("distances-title").textContent = `From ${nodes[asked.reference].label}`;
  const order = nodes.map((_, i) => i).filter((i) => i !== asked.reference && away[i] !== Infinity).sort((a, b) => away[a] - away[b]);
  const rows = order.map((i) => [{ text: nodes[i].label, press: () => pick(i) }, plain(away[i], 2), wayTo(i, before)]);
  fillTable(holder, [["Condition", false], ["Distance", true], ["Shortest way", false]], rows, { label: "Distances", heading: 0 });
  const far = nodes.length - 1 - order.length;
  if (far) put(holder, "p", { class: "quiet small" }, `${plain(far, 0)} conditions are out of reach along the arrows.`);
}

function drawKey() {
  const holder = empty(byId("network-key"));
  const key = put(holder, "ul", { class: "key" });
  const communities = [...sizeOfCommunity.entries()].filter(([, n]) => n > 1).sort((a, b) => a[0] - b[0]);
  for (const [community, n] of communities.slice(0, 8)) {
    const item = put(key, "li");
    put(put(item, "svg", { viewBox: "0 0 30 20", "aria-hidden": "true" }), "circle", { cx: 15, cy: 10, r: 8, fill: content.colours[community - 1] });
    put(item, "span", {}, `community ${community}`);
    put(item, "span", { class: "n" }, n);
  }
  if (communities.length > 8 || [...sizeOfCommunity.values()].includes(1)) {
    const item = put(key, "li");
    put(put(item, "svg", { viewBox: "0 0 30 20", "aria-hidden": "true" }), "circle", { cx: 15, cy: 10, r: 8, fill: ALONE });
    put(item, "span", {}, communities.length > 8 ? "smaller ones" : "in none");
    put(item, "span", { class: "n" }, nodes.filter((n) => colourOfNode(n) === ALONE).length);
  }
  for (const odds of [1.5, 3, 8].filter((v, i) => i === 0 || v <= largestOdds)) {
    const item = put(key, "li");
    put(put(item, "svg", { viewBox: "0 0 30 20", "aria-hidden": "true" }), "line", { x1: 1, x2: 29, y1: 10, y2: 10, stroke: EDGE, "stroke-width": widthOf(odds) });
    put(item, "span", {}, `odds ratio ${odds}`);
    put(item, "span");
  }
  put(holder, "p", { class: "quiet small" }, "A larger circle is a more common condition. An arrow says that one is known before the other more often than chance and their ages of onset explain, never that it causes it. A broken line: the figure is withheld, since few people have both.").style.margin = "8px 0 0";
}
