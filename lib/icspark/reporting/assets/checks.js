"use strict";
// The only thing that moves on the page of checks: pictures that do not mention the words are hidden.

const find = document.getElementById("find-check");
find.addEventListener("input", () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of document.querySelectorAll(".check-card")) {
    const text = card.textContent.toLowerCase();
    card.hidden = !words.every((word) => text.includes(word));
  }
});
document.documentElement.setAttribute("data-ready", "yes");
