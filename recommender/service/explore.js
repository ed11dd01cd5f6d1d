"use strict";
// Draws a concept with its neighbours as a wheel; every neighbour is a link that makes it the centre.

const SVG = "http://www.w3.org/2000/svg";
const AGAINST = new Set(["CONTRAINDICATED_IN", "HAS_SIDE_EFFECT", "CAUSES", "INTERACTS_WITH"]);
const WHEEL = { width: 860, height: 560, radiusX: 265, radiusY: 225, most: 22 };

async function explore(part, curie) {
  const place = part.querySelector(".scroll");
  const answer = await fetch(`/v1/nodes/${encodeURIComponent(curie)}?limit=${WHEEL.most}`).catch(() => null);
  if (!answer || !answer.ok) {
    place.textContent = answer ? (await answer.json()).detail : "…";
    return;
  }
  const node = await answer.json();
  place.replaceChildren(drawWheel(node, keepDistinct(node), (next) => explore(part, next)));
  const centre = place.querySelector(".centre");
  if (part.dataset.explored) centre.focus();
  part.dataset.explored = "yes";
}

function keepDistinct(node) {
  const seen = new Map();
  for (const edge of node.outgoing) seen.set(`${edge.predicate} ${edge.curie}`, { ...edge, arrow: "→" });
  for (const edge of node.incoming) seen.set(`${edge.predicate} ${edge.curie} in`, { ...edge, arrow: "←" });
  const groups = new Map();
  for (const edge of seen.values()) groups.set(edge.predicate, [...(groups.get(edge.predicate) || []), edge]);
  const kept = [];
  for (let i = 0; kept.length < WHEEL.most && [...groups.values()].some((g) => g.length > i); i++) {
    for (const group of groups.values()) if (group[i] && kept.length < WHEEL.most) kept.push(group[i]);
  }
  return kept.sort((a, b) => a.predicate.localeCompare(b.predicate));
}

function drawWheel(node, edges, choose) {
  const name = node.properties.name || node.curie;
  const svg = make("svg", { viewBox: `0 0 ${WHEEL.width} ${WHEEL.height}`, class: "web", role: "group" });
  svg.setAttribute("aria-label", `${name}: ${edges.length}`);
  const middle = { x: WHEEL.width / 2, y: WHEEL.height / 2 };
  edges.forEach((edge, i) => {
    const angle = (2 * Math.PI * i) / edges.length - Math.PI / 2;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const end = { x: middle.x + WHEEL.radiusX * cos, y: middle.y + WHEEL.radiusY * sin, cos, sin };
    svg.append(drawEdge(middle, end, edge, 0.58 + 0.14 * (i % 2)), drawNode(end, edge, choose));
  });
  const centre = make("g", { class: "centre", tabindex: "0", role: "img", "aria-label": `${name} (${node.curie})` });
  centre.append(make("circle", { cx: middle.x, cy: middle.y, r: 11 }), label(middle.x, middle.y + 28, name, "middle"));
  svg.append(centre);
  return svg;
}

function drawEdge(from, to, edge, share) {
  const group = make("g", {});
  const kind = edge.negated || AGAINST.has(edge.predicate) ? "against" : edge.knowledge_level === "prediction" ? "prediction" : "";
  group.append(make("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y, class: kind }));
  const words = `${edge.negated ? "NOT " : ""}${edge.predicate.toLowerCase().replaceAll("_", " ")}`;
  const text = label(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y) - 3, words, "middle");
  text.setAttribute("class", "edge");
  group.append(text);
  return group;
}

function drawNode(at, edge, choose) {
  const said = `${edge.arrow} ${edge.predicate.toLowerCase().replaceAll("_", " ")}: ${edge.name || edge.curie} (${edge.source || ""})`;
  const link = make("a", { tabindex: "0", role: "button", "aria-label": edge.negated ? `NOT ${said}` : said });
  const title = make("title", {});
  title.textContent = said;
  link.append(title, make("circle", { cx: at.x, cy: at.y, r: 8 }), labelOutside(at, edge.name || edge.curie));
  link.addEventListener("click", () => choose(edge.curie));
  link.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(edge.curie);
  });
  return link;
}

function labelOutside(at, words) {
  if (Math.abs(at.cos) < 0.2) return label(at.x, at.y + (at.sin < 0 ? -14 : 23), words, "middle");
  return label(at.x + (at.cos < 0 ? -13 : 13), at.y + (at.sin < 0 ? -2 : 9), words, at.cos < 0 ? "end" : "start");
}

function label(x, y, words, anchor) {
  const text = make("text", { x, y, "text-anchor": anchor });
  text.textContent = words.length > 24 ? `${words.slice(0, 23)}…` : words;
  return text;
}

function make(kind, attributes) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
