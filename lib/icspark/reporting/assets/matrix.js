// Every pair of the most connected conditions as a square: colour by odds ratio, pale where it may well be 1.

const CLASSES = [[0, 0.5, "#2166ac", "under 0.5"], [0.5, 0.8, "#92c5de", "0.5 to 0.8"], [0.8, 1.25, "#f2f2f0", "0.8 to 1.25"], [1.25, 2, "#fbc4a4", "1.25 to 2"], [2, 4, "#e2704f", "2 to 4"], [4, Infinity, "#a01124", "4 and over"]];

function startMatrix() {
  byId("matrix-order").addEventListener("change", drawMatrix);
  const key = put(byId("matrix-key"), "ul", { class: "key" });
  for (const [, , colour, text] of [...CLASSES].reverse()) matrixKeyLine(key, colour, text);
  matrixKeyLine(key, null, "withheld, or no odds ratio");
  put(byId("matrix-key"), "p", { class: "quiet small" }, "Pale squares: the odds ratio may well be 1 (q of 0.05 or more).").style.margin = "8px 0 0";
  drawMatrix();
}

function matrixKeyLine(key, colour, text) {
  const item = put(key, "li");
  const swatch = put(item, "svg", { viewBox: "0 0 30 20", "aria-hidden": "true" });
  put(swatch, "rect", { width: 30, height: 20, fill: colour || content.noFigure, stroke: "#c4ccd4" });
  if (!colour) for (let x = -20; x < 30; x += 7) put(swatch, "path", { d: `M${x} 20l20 -20`, stroke: "#7b8590", "stroke-width": 1.4 });
  put(item, "span", {}, text);
  put(item, "span");
}

// Cells are stored for i < j in the given order of conditions.
function cellOf(i, j) {
  const [a, b] = i < j ? [i, j] : [j, i];
  const n = content.matrix.conditions.length;
  return content.matrix.cells[a * n - (a * (a + 1)) / 2 + (b - a - 1)];
}

function matrixOrder() {
  const places = content.matrix.conditions.map((_, at) => at);
  const node = (at) => nodes[content.matrix.conditions[at]];
  const byName = (a, b) => (node(a).label < node(b).label ? -1 : 1);
  const how = { community: (a, b) => node(a).community - node(b).community || byName(a, b), name: byName, strength: (a, b) => (node(b).strength || 0) - (node(a).strength || 0) || byName(a, b) };
  return places.sort(how[byId("matrix-order").value]);
}

function drawMatrix() {
  const order = matrixOrder();
  const n = order.length;
  const side = Math.max(9, Math.min(22, 900 / Math.max(n, 1)));
  const [left, top] = [190, 178];
  const svg = put(empty(byId("matrix-frame")), "svg", { viewBox: `0 0 ${left + n * side + 70} ${top + n * side + 6}`, role: "img", "aria-label": "Matrix of odds ratios", class: "matrix" });
  const pattern = put(put(svg, "defs"), "pattern", { id: "withheld", width: 6, height: 6, patternUnits: "userSpaceOnUse" });
  put(pattern, "rect", { width: 6, height: 6, fill: content.noFigure });
  put(pattern, "path", { d: "M0 6L6 0", stroke: "#7b8590", "stroke-width": 1 });
  svg.style.width = `${left + n * side + 70}px`;
  const size = Math.min(12.5, side * 0.8);
  order.forEach((at, row) => {
    const node = nodes[content.matrix.conditions[at]];
    put(svg, "text", { x: left - 8, y: top + (row + 0.72) * side, "text-anchor": "end", "font-size": size }, node.label);
    put(svg, "rect", { x: left - 6, y: top + row * side, width: 4, height: side, fill: colourOfNode(node) });
    put(svg, "text", { transform: `translate(${left + (row + 0.7) * side} ${top - 6}) rotate(-48)`, "font-size": size }, node.label);
    order.forEach((other, column) => {
      if (other !== at) drawCell(svg, { at, other, x: left + column * side, y: top + row * side, side });
    });
  });
}

function drawCell(svg, { at, other, x, y, side }) {
  const cell = cellOf(at, other);
  const odds = cell ? cell[0] : null;
  const colour = isKnown(odds) ? CLASSES.find(([low, high]) => odds >= low && odds < high)[2] : "url(#withheld)";
  const isSure = cell && isKnown(cell[4]) && cell[4] < SURE;
  const square = put(svg, "rect", { x, y, width: side - 1, height: side - 1, fill: colour, "fill-opacity": isSure || !isKnown(odds) ? 1 : 0.38, class: "cell" });
  const [a, b] = [at, other].map((place) => nodes[content.matrix.conditions[place]]);
  pointable(square, () => [["title", `${a.label} and ${b.label}`], ["big", isKnown(odds) ? `odds ratio ${sayRatio(odds)}` : "withheld, or no odds ratio"], ["pairs", cell ? [["95 % interval", sayLimits(cell[1], cell[2])], ["people with both", sayCount(cell[3])], ["q value", saySmall(cell[4])]] : []]]);
}
