// Who has a condition more or less often than others like them: bars from 1, group by group.

function startEnrichment() {
  if (!content.enrichment.length) { byId("enrichment").hidden = true; byId("enrichment-link").hidden = true; return; }
  const options = content.enrichment.map((s, i) => ({ value: i, text: s.label, hint: s.name }));
  const chooser = combo(byId("subject-combo"), { id: "subject", label: "Conditions", placeholder: "Search a condition", options, onChoose: (i) => drawEnrichment(i) });
  const first = Math.max(0, content.enrichment.findIndex((s) => s.name === content.firstSubject));
  chooser.show(first);
  drawEnrichment(first);
}

function drawEnrichment(i) {
  const subject = content.enrichment[i];
  const holder = empty(byId("enrichment-frame"));
  for (const [demographic, rows] of Object.entries(subject.of)) {
    const card = put(holder, "div", { class: "card" });
    put(card, "p", { class: "chart-title" }, `${subject.label} by ${demographic.toLowerCase()}, within strata of the others`);
    drawBars(card, rows, `${subject.label} by ${demographic}`);
  }
}

// Bars are on the scale of the logarithm, so that twice and half as often are equally long.
function drawBars(card, rows, label) {
  const known = rows.filter((r) => isKnown(r[4]) && r[4] > 0);
  const reach = Math.max(Math.log(1.25), ...known.map((r) => Math.min(Math.log(10), Math.abs(Math.log(r[4])))));
  const [left, right, each] = [150, 330, 26];
  const width = 760;
  const middle = (left + width - right) / 2;
  const half = (width - right - left) / 2;
  const svg = put(card, "svg", { viewBox: `0 0 ${width} ${rows.length * each + 28}`, role: "img", "aria-label": label, class: "bars" });
  const x = (ratio) => middle + (Math.max(-reach, Math.min(reach, Math.log(ratio))) / reach) * half;
  rows.forEach(([group, people, observed, expected, ratio, p, q], i) => {
    const y = i * each + 4;
    put(svg, "text", { x: left - 10, y: y + 15, "text-anchor": "end", class: "tick" }, group);
    if (isKnown(ratio) && ratio > 0) {
      const isSure = isKnown(q) && q < SURE;
      const bar = put(svg, "rect", { x: Math.min(middle, x(ratio)), y, width: Math.max(1, Math.abs(x(ratio) - middle)), height: each - 8, fill: ratio >= 1 ? "#b2182b" : "#2166ac", "fill-opacity": isSure ? 0.9 : 0.3, class: "bar-of" });
      pointable(bar, () => [["title", group], ["big", `${sayRatio(ratio)} times as expected`], ["pairs", [["people with it", sayCount(observed)], ["expected", isKnown(expected) ? plain(expected, 1) : "withheld"], ["people of the group", sayCount(people)], ["p", saySmall(p)], ["q", saySmall(q)]]]]);
    }
    const told = isKnown(ratio) ? `${sayRatio(ratio)} \u00d7 (${sayCount(observed)} against ${isKnown(expected) ? plain(expected, 1) : "withheld"})` : "withheld";
    put(svg, "text", { x: width - right + 14, y: y + 15, class: "tick" }, told);
  });
  put(svg, "line", { x1: middle, x2: middle, y1: 0, y2: rows.length * each, class: "base" });
  put(svg, "text", { x: middle, y: rows.length * each + 18, "text-anchor": "middle", class: "tick" }, "as expected");
}
