// The page of conditions: start its parts, and its one table of all edges.

function tellEdges() {
  const rows = content.edges.map((e) => [nodes[e.source].label, e.arrow ? "precedes" : "goes with", nodes[e.target].label, sayRatio(e.odds), sayLimits(e.lower, e.upper), sayCount(e.both), sayCount(e.sourceFirst), sayCount(e.targetFirst), isKnown(e.kept) ? sayShare(e.kept) : "\u2013"]);
  const heads = [["Condition", false], ["", false], ["Condition", false], ["Odds ratio", true], ["95 % interval", true], ["Both", true], ["First one first", true], ["Second one first", true], ["Kept", true]];
  fillTable(byId("edge-table"), heads, rows, { label: "Every edge", heading: 0 });
}

startNetwork();
startContrast();
startMatrix();
startEnrichment();
startFlows();
tellEdges();
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
document.documentElement.setAttribute("data-ready", "yes");
