"use strict";
// The page works without this: with it, plans are fetched without a reload, switches re-rank at once, and feedback is sent.

const form = document.getElementById("ask");
const csrf = document.querySelector('meta[name="csrf"]').content;
let running = null;

async function makePlan(lang) {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("lang", lang || document.documentElement.lang);
  if (!fields.get("patient") && !fields.get("example")) return;
  if (running) running.abort();
  running = new AbortController();
  const result = document.getElementById("result");
  result.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/", { method: "POST", body: fields, signal: running.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("result");
    if (fresh) result.replaceChildren(...fresh.childNodes);
    else result.textContent = `${answer.status} ${answer.statusText}`;
    prepareResult();
  } catch (error) {
    if (error.name !== "AbortError") result.textContent = String(error.message);
    else return;
  }
  result.removeAttribute("aria-busy");
}

async function sendFeedback(target, outcome) {
  const body = {
    condition: target.dataset.condition,
    drugs: target.dataset.drugs.split(" "),
    outcome,
    score: Number(target.dataset.score),
  };
  if (outcome === "overridden") body.reason = target.querySelector("select").value;
  const said = target.querySelector("output");
  const answer = await fetch("/v1/feedback", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  }).catch(() => ({ ok: false }));
  said.textContent = answer.ok ? said.dataset.kept : said.dataset.failed;
}

function prepareResult() {
  for (const node of document.querySelectorAll("svg.paths g:not(.edge)")) {
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", node.querySelector("title").textContent);
    node.addEventListener("focus", () => chooseNode(node));
    node.addEventListener("click", () => chooseNode(node));
  }
  for (const part of document.querySelectorAll("details.explore")) {
    part.addEventListener("toggle", () => part.open && explore(part, part.dataset.curie), { once: true });
  }
  const print = document.getElementById("print");
  if (print) print.addEventListener("click", () => window.print());
}

function chooseNode(node) {
  for (const other of node.ownerSVGElement.querySelectorAll(".chosen")) other.classList.remove("chosen");
  node.classList.add("chosen");
  document.getElementById("said").textContent = node.querySelector("title").textContent;
}

form.addEventListener("submit", (event) => {
  const lang = event.submitter && event.submitter.value;
  if (lang && lang !== document.documentElement.lang) return;
  event.preventDefault();
  makePlan(lang);
});
form.addEventListener("change", () => makePlan());
document.getElementById("result").addEventListener("submit", (event) => {
  event.preventDefault();
  sendFeedback(event.target, event.submitter.value);
});
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("#result details:not(.explore)")) part.open = true;
});
prepareResult();
