// The same network in two groups of people, side by side: how strongly the same conditions go together in each.

const STRONGER_LEFT = "#b2182b";
const STRONGER_RIGHT = "#2166ac";
const ALIKE = "#a9b3bc";
const SURE = 0.05;

function startContrast() {
  const { groups, pairs } = content.groups;
  if (groups.length < 2 || !pairs.length) { byId("contrast").hidden = true; byId("contrast-link").hidden = true; return; }
  byId("contrast-label").textContent = content.groups.label.toLowerCase();
  [["left", 0], ["right", groups.length - 1]].forEach(([side, at]) => {
    const choice = byId(`${side}-group`);
    groups.forEach((group, i) => put(choice, "option", { value: i }, group));
    choice.value = at;
    choice.addEventListener("change", drawContrast);
  });
  byId("differ-only").addEventListener("change", drawContrast);
  drawContrast();
}

const sides = () => [Number(byId("left-group").value), Number(byId("right-group").value)];
const oddsIn = (pair, group) => (pair && pair.of[group] ? pair.of[group][0] : null);
const isDifferent = (pair) => isKnown(pair.q) && pair.q < SURE;

function contrastColour(pair) {
  const [left, right] = sides().map((group) => oddsIn(pair, group));
  if (!isDifferent(pair) || !isKnown(left) || !isKnown(right) || left === right) return ALIKE;
  return left > right ? STRONGER_LEFT : STRONGER_RIGHT;
}

function drawContrast() {
  const { groups, pairs } = content.groups;
  const isWanted = byId("differ-only").checked ? isDifferent : () => true;
  const ofEdge = new Map(content.edges.map((e) => [`${Math.min(e.source, e.target)} ${Math.max(e.source, e.target)}`, e]));
  const shown = pairs.filter(isWanted).map((pair) => ({ ...ofEdge.get(`${Math.min(pair.a, pair.b)} ${Math.max(pair.a, pair.b)}`), pair }));
  ["left", "right"].forEach((side) => {
    const group = Number(byId(`${side}-group`).value);
    byId(`${side}-title`).textContent = `${content.groups.label}: ${groups[group]}`;
    drawGraph(byId(`${side}-frame`), {
      id: side, label: `The network in group ${groups[group]}`, edges: shown, odds: (e) => oddsIn(e.pair, group),
      width: (e) => widthOf(oddsIn(e.pair, group) || 1), colour: (e) => contrastColour(e.pair), tell: (e) => contrastLines(e.pair),
    });
  });
  tellContrast();
}

function pairName(pair) { return `${nodes[pair.a].label} and ${nodes[pair.b].label}`; }

function contrastLines(pair) {
  const rows = content.groups.groups.map((group, i) => [group, pair.of[i] ? `${sayRatio(pair.of[i][0])} (${sayLimits(pair.of[i][1], pair.of[i][2])})` : "withheld"]);
  return [["title", pairName(pair)], ["sub", "odds ratio with 95 % interval in each group"], ["pairs", [...rows, ["test of one odds ratio, q", saySmall(pair.q)]]]];
}

function tellContrast() {
  const { groups, pairs } = content.groups;
  const [left, right] = sides();
  const found = pairs.filter(isDifferent).sort((a, b) => a.q - b.q || a.a - b.a || a.b - b.b);
  byId("contrast-note").textContent = `${plain(found.length, 0)} of ${plain(pairs.length, 0)} edges differ between the groups (Cochran's Q, q under ${SURE}).`;
  const told = (pair, group) => (pair.of[group] ? `${sayRatio(pair.of[group][0])} (${sayLimits(pair.of[group][1], pair.of[group][2])})` : "withheld");
  const step = (pair) => (isKnown(pair.trend) ? `${plain(Math.exp(pair.trend), 2)} (${sayLimits(Math.exp(pair.trendLower), Math.exp(pair.trendUpper))})` : "\u2013");
  const rows = found.map((pair) => [pairName(pair), told(pair, left), told(pair, right), step(pair), saySmall(pair.q)]);
  fillTable(byId("contrast-table"), [["Pair", false], [groups[left], true], [groups[right], true], ["Factor with each group", true], ["q", true]], rows, { label: "Pairs that differ between the groups", heading: 0 });
}
