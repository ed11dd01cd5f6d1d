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
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const form = document.getElementById("cypher");
if (form) {
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
    fill(document.getElementById("rows"), found.rows || []);
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
