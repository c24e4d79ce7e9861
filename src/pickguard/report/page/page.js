"use strict";
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const articles = [...document.querySelectorAll("article")].map((node) => ({
    node,
    areas: node.dataset.areas.split(" "),
    text: node.textContent.toLowerCase(),
  }));
  const groups = [...document.querySelectorAll("section section"), ...document.querySelectorAll("main > section")];
  const folds = [...document.querySelectorAll("details")];
  const told = document.getElementById("told");

  const wants = ({ node, areas, text }, want) =>
    (want.area === "" || areas.includes(want.area)) &&
    (want.lesson === "" || node.dataset.lesson === want.lesson) &&
    want.severities.has(node.dataset.severity) &&
    (node.dataset.status === "new" || want.known) &&
    text.includes(want.text);

  const apply = () => {
    const data = new FormData(form);
    const want = {
      area: data.get("area"),
      lesson: data.get("lesson"),
      severities: new Set(data.getAll("severity")),
      known: data.has("known"),
      text: data.get("text").trim().toLowerCase(),
    };
    let shown = 0;
    for (const article of articles) {
      const is_shown = wants(article, want);
      article.node.hidden = !is_shown;
      shown += is_shown;
    }
    for (const fold of folds) {
      fold.hidden = !fold.querySelector("article:not([hidden])");
      if (want.text !== "") fold.open = true;
    }
    for (const group of groups) group.hidden = !group.querySelector("article:not([hidden])");
    told.textContent = `${shown} of ${articles.length} findings shown`;
  };

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
