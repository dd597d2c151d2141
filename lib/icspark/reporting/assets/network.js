// The network of conditions: places are given, the script draws nodes, edges and arrows, and tells what is pointed at.

const SIZE = { width: 1000, height: 720, margin: 64 };
const ALONE = "#9aa5b0";
const EDGE = "#5b6875";
const MANY = 70;

const nodes = content.nodes;
const largestOdds = Math.max(2, ...content.edges.map((e) => e.odds || 1));
const mostCommon = Math.max(1e-9, ...nodes.map((n) => n.prevalence || 0));
const sizeOfCommunity = nodes.reduce((sizes, n) => sizes.set(n.community, (sizes.get(n.community) || 0) + 1), new Map());

const xOf = (node) => SIZE.margin + node.x * (SIZE.width - 2 * SIZE.margin);
const yOf = (node) => SIZE.margin / 2 + node.y * (SIZE.height - SIZE.margin * 1.4);
const radiusOf = (node) => 5 + 21 * Math.sqrt((node.prevalence || 0) / mostCommon);
const widthOf = (odds) => Math.min(8, 0.9 + 2.6 * Math.log(Math.max(odds, 1)));

function colourOfNode(node) {
  const isOne = sizeOfCommunity.get(node.community) === 1;
  return isOne ? ALONE : content.colours[node.community - 1] || ALONE;
}

// Figures that were withheld are null: the page says so in the same words everywhere.
const sayCount = (n) => (isKnown(n) ? plain(n, 0) : "withheld");
const sayRatio = (v) => (isKnown(v) ? plain(v, v < 10 ? 2 : 1) : "withheld");
const sayLimits = (low, high) => (isKnown(low) && isKnown(high) ? `${sayRatio(low)} to ${sayRatio(high)}` : "\u2013");
const saySmall = (p) => (!isKnown(p) ? "\u2013" : p < 0.001 ? "< 0.001" : plain(p, 3));
const sayShare = (v) => (isKnown(v) ? `${plain(v * 100, v < 0.1 ? 2 : 1)} %` : "withheld");

function nodeLines(node) {
  return [["title", node.label], ["big", sayShare(node.prevalence)], ["pairs", [["people with it", sayCount(node.cases)], ["of", sayCount(node.people)], ["edges", node.degree], ["strength", sayRatio(node.strength)], ["community", node.community], ["its stability", isKnown(node.stability) ? plain(node.stability, 2) : "\u2013"]]]];
}

function edgeName(edge) {
  return `${nodes[edge.source].label} ${edge.arrow ? "\u2192" : "\u2014"} ${nodes[edge.target].label}`;
}

function edgeLines(edge) {
  const order = edge.arrow ? "the first precedes the second" : "no order can be told";
  return [["title", edgeName(edge)], ["sub", order], ["big", `odds ratio ${sayRatio(edge.odds)}`], ["pairs", [["95 % interval", sayLimits(edge.lower, edge.upper)], ["people with both", sayCount(edge.both)], [`${nodes[edge.source].label} first`, sayCount(edge.sourceFirst)], [`${nodes[edge.target].label} first`, sayCount(edge.targetFirst)], ["q value", saySmall(edge.q)], ["kept in replicates", isKnown(edge.kept) ? sayShare(edge.kept) : "\u2013"]]]];
}

function pointable(element, lines) {
  element.addEventListener("pointermove", (event) => showTip(lines(), event.clientX, event.clientY));
  element.addEventListener("pointerleave", hideTip);
}

// A line from the rim of one node to that of the other, a little short of it where it ends in an arrow.
function endsOf(edge) {
  const [a, b] = [nodes[edge.source], nodes[edge.target]];
  const [x, y] = [xOf(b) - xOf(a), yOf(b) - yOf(a)];
  const length = Math.hypot(x, y) || 1;
  const [from, to] = [radiusOf(a) / length, 1 - (radiusOf(b) + (edge.arrow ? 10 : 0)) / length];
  return { x1: xOf(a) + x * from, y1: yOf(a) + y * from, x2: xOf(a) + x * Math.max(to, from), y2: yOf(a) + y * Math.max(to, from) };
}

// settings: edges to draw, how wide and of which colour, what to tell, and what to do with a node that is pressed.
function drawGraph(holder, settings) {
  const svg = put(empty(holder), "svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "group", "aria-label": settings.label, class: "graph" });
  const heads = put(svg, "defs");
  const colours = [...new Set(settings.edges.map((e) => settings.colour(e)))];
  colours.forEach((colour, i) => {
    const marker = put(heads, "marker", { id: `${settings.id}-head-${i}`, viewBox: "0 0 10 10", refX: 2, refY: 5, markerWidth: 14, markerHeight: 14, markerUnits: "userSpaceOnUse", orient: "auto" });
    put(marker, "path", { d: "M0 0L10 5L0 10z", fill: colour });
  });
  const drawn = { svg, edges: [], nodes: [], names: [] };
  const lines = put(svg, "g", { class: "edges" });
  for (const edge of settings.edges) {
    const colour = settings.colour(edge);
    const group = put(lines, "g", { class: "edge", "data-edge": settings.edges.indexOf(edge) });
    const ends = endsOf(edge);
    put(group, "line", { ...ends, stroke: colour, "stroke-width": settings.width(edge), "stroke-dasharray": isKnown(settings.odds(edge)) ? null : "5 5", "marker-end": edge.arrow ? `url(#${settings.id}-head-${colours.indexOf(colour)})` : null });
    put(group, "line", { ...ends, class: "touch" });
    pointable(group, () => settings.tell(edge));
    drawn.edges.push(group);
  }
  const points = put(svg, "g", { class: "nodes" });
  const named = new Set([...nodes].sort((a, b) => b.degree - a.degree || (a.name < b.name ? -1 : 1)).slice(0, MANY));
  nodes.forEach((node, i) => {
    const group = put(points, "g", { class: "node", "data-node": i, tabindex: settings.press ? 0 : null, role: settings.press ? "button" : null, "aria-label": settings.press ? `${node.label}: ${sayShare(node.prevalence)}, ${node.degree} edges` : null });
    put(group, "circle", { cx: xOf(node), cy: yOf(node), r: radiusOf(node), fill: colourOfNode(node) });
    const name = put(group, "text", { x: xOf(node), y: yOf(node) + radiusOf(node) + 13, "text-anchor": "middle", class: "name" }, node.label);
    if (!named.has(node)) name.classList.add("quiet-name");
    pointable(group, () => nodeLines(node));
    if (settings.press) {
      group.addEventListener("click", () => settings.press(i));
      group.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); settings.press(i); } });
    }
    drawn.nodes.push(group);
  });
  return drawn;
}

// Neighbours of a node with the edge to each, the strongest first.
function neighboursOf(i) {
  const found = content.edges.filter((e) => e.source === i || e.target === i).map((edge) => ({ edge, other: edge.source === i ? edge.target : edge.source }));
  return found.sort((a, b) => (b.edge.odds || 0) - (a.edge.odds || 0) || (nodes[a.other].name < nodes[b.other].name ? -1 : 1));
}

// Lengths of the shortest ways from a node along the arrows (an edge without one goes both ways), and the step before.
function distancesFrom(start) {
  const arcs = nodes.map(() => []);
  for (const e of content.edges) {
    if (!isKnown(e.length)) continue;
    arcs[e.source].push([e.target, e.length]);
    if (!e.arrow) arcs[e.target].push([e.source, e.length]);
  }
  const away = nodes.map(() => Infinity);
  const before = nodes.map(() => null);
  const open = new Set(nodes.keys());
  away[start] = 0;
  while (open.size) {
    const next = [...open].reduce((a, b) => (away[b] < away[a] ? b : a));
    if (away[next] === Infinity) break;
    open.delete(next);
    for (const [to, length] of arcs[next]) if (away[next] + length < away[to]) { away[to] = away[next] + length; before[to] = next; }
  }
  return { away, before };
}

function wayTo(i, before) {
  const steps = [];
  for (let at = i; at !== null; at = before[at]) steps.unshift(nodes[at].label);
  return steps.join(" \u2192 ");
}
