"use strict";

const csrf = document.querySelector('meta[name="csrf"]').content;

const FIRST = ["time", "who", "action", "result"]; // of a log's entry; its hashes are for `audit verify`
const APART = new Set([...FIRST, "hash", "previous", "content_hash", "identities"]);

function fill(table, rows) {
  table.replaceChildren();
  if (!rows.length) return;
  const found = new Set(rows.flatMap((row) => Object.keys(row)));
  const columns = FIRST.filter((name) => found.has(name)).concat([...found].filter((name) => !APART.has(name)));
  addRow(table.createTHead(), "th", columns);
  const body = table.createTBody();
  for (const row of rows) addRow(body, "td", columns.map((column) => toText(row[column])));
}

function addRow(parent, kind, texts) {
  const row = parent.insertRow();
  for (const text of texts) {
    const cell = document.createElement(kind);
    if (kind === "th") cell.scope = "col";
    cell.textContent = text;
    row.append(cell);
  }
}

function toText(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  if (isNode(value)) return `${value.properties.name || ""} (${value.properties.curie || value.labels.join(", ")})`;
  if (isEdge(value)) return `${value.subject || "…"} ${value.type} ${value.object || "…"}`;
  return JSON.stringify(value);
}

function draw(rows) {
  const part = document.getElementById("as-graph");
  const [said, scroll] = [part.querySelector("p"), part.querySelector(".scroll")];
  const graph = toGraph(rows);
  const { none, left, loose, name } = part.dataset;
  said.textContent = graph.nodes.length ? [graph.left && left + graph.left, graph.loose && loose + graph.loose].filter(Boolean).join(" ") : none;
  part.dataset.explored = "yes"; // so that the concept that is chosen gets the focus
  scroll.replaceChildren(...(graph.nodes.length ? [drawGraph(graph, name, (curie) => explore(part, curie))] : []));
}

function show(rows) {
  const asGraph = document.querySelector('#view input[value="graph"]').checked;
  document.getElementById("view").hidden = !rows.length;
  document.getElementById("as-table").hidden = asGraph;
  document.getElementById("as-graph").hidden = !asGraph || !rows.length;
  if (asGraph) draw(rows);
  else fill(document.getElementById("rows"), rows);
}

const form = document.getElementById("cypher");
if (form) {
  let rows = [];
  document.getElementById("view").addEventListener("change", () => show(rows));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = document.getElementById("cypher-said");
    said.textContent = "…";
    const answer = await fetch("/v1/cypher", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ query: document.getElementById("query").value }),
    });
    const found = await answer.json();
    rows = found.rows || [];
    show(rows);
    if (!answer.ok) said.textContent = found.detail;
    else if (found.truncated) said.textContent = said.dataset.truncated;
    else said.textContent = found.rows.length ? "" : said.dataset.none;
  });
}
for (const table of document.querySelectorAll("table[data-url]")) {
  fetch(table.dataset.url)
    .then((answer) => answer.json())
    .then((found) => fill(table, found.sources || found.entries || found.rows || []));
}
