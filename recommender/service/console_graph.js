"use strict";
// Draws the nodes and edges that a query returned. A node that is chosen is shown with all its neighbours instead.

const DRAWN = { width: 860, height: 560, margin: 60, most: 60, steps: 200 };

function toGraph(rows) {
  const found = { nodes: new Map(), edges: new Map(), loose: 0, left: 0 };
  const waiting = rows.flatMap((row) => Object.values(row));
  while (waiting.length) {
    const value = waiting.shift();
    if (value === null || typeof value !== "object") continue;
    if (isNode(value)) keepNode(found, value);
    else if (isEdge(value)) keepEdge(found, value);
    else waiting.unshift(...Object.values(value));
  }
  return keepDrawable(found);
}

function isNode(value) {
  return Array.isArray(value.labels) && typeof value.properties === "object";
}

function isEdge(value) {
  return typeof value.type === "string" && typeof value.properties === "object" && "subject" in value;
}

function keepNode(found, node) {
  const { curie, name } = node.properties;
  if (curie) found.nodes.set(curie, { curie, name: name || curie, kind: node.labels.find((l) => l !== "Entity") || "" });
}

function keepEdge(found, edge) {
  const { negated, knowledge_level, primary_knowledge_source } = edge.properties;
  const drawn = { ...edge, predicate: edge.type, negated, knowledge_level, source: primary_knowledge_source };
  found.edges.set(`${edge.subject} ${edge.type} ${edge.object}`, drawn);
}

function keepDrawable(found) {
  const nodes = [...found.nodes.values()].slice(0, DRAWN.most);
  const shown = new Set(nodes.map((node) => node.curie));
  const ends = [...found.edges.values()];
  const edges = ends.filter((edge) => shown.has(edge.subject) && shown.has(edge.object));
  const loose = ends.filter((edge) => !found.nodes.has(edge.subject) || !found.nodes.has(edge.object));
  return { nodes, edges, left: found.nodes.size - nodes.length, loose: loose.length };
}

// Fruchterman and Reingold, "Graph drawing by force-directed placement" (1991), from a circle, so that the same result
// is always drawn in the same way.
function place(graph) {
  const spread = 0.7 * Math.sqrt((DRAWN.width * DRAWN.height) / Math.max(1, graph.nodes.length));
  const at = new Map(graph.nodes.map((node, i) => [node.curie, startOf(i, graph.nodes.length)]));
  for (let step = 0; step < DRAWN.steps; step++) move(at, graph.edges, spread, (0.1 * DRAWN.width * (DRAWN.steps - step)) / DRAWN.steps);
  fit([...at.values()]);
  return at;
}

function fit(places) {
  for (const [axis, size] of [["x", DRAWN.width], ["y", DRAWN.height]]) {
    const values = places.map((one) => one[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const scale = high > low ? (size - 2 * DRAWN.margin) / (high - low) : 1;
    for (const one of places) one[axis] = high > low ? DRAWN.margin + (one[axis] - low) * scale : size / 2;
  }
}

function startOf(number, total) {
  const angle = (2 * Math.PI * number) / total;
  return { x: DRAWN.width * (0.5 + 0.35 * Math.cos(angle)), y: DRAWN.height * (0.5 + 0.35 * Math.sin(angle)) };
}

function move(at, edges, spread, most) {
  const places = [...at.values()];
  for (const one of places) one.force = { x: (DRAWN.width / 2 - one.x) / 20, y: (DRAWN.height / 2 - one.y) / 20 };
  for (const one of places) for (const other of places) if (one !== other) push(one, other, (d) => (spread * spread) / d);
  for (const edge of edges) {
    const [one, other] = [at.get(edge.subject), at.get(edge.object)];
    if (one === other) continue;
    push(one, other, (d) => -(d * d) / spread);
    push(other, one, (d) => -(d * d) / spread);
  }
  for (const one of places) {
    const length = Math.hypot(one.force.x, one.force.y) || 1;
    one.x = within(one.x + (one.force.x / length) * Math.min(length, most), DRAWN.width);
    one.y = within(one.y + (one.force.y / length) * Math.min(length, most), DRAWN.height);
  }
}

function push(one, other, strength) {
  const [x, y] = [one.x - other.x, one.y - other.y];
  const distance = Math.max(1, Math.hypot(x, y));
  one.force.x += (x / distance) * strength(distance);
  one.force.y += (y / distance) * strength(distance);
}

function within(value, size) {
  return Math.min(size - DRAWN.margin, Math.max(DRAWN.margin, value));
}

function drawGraph(graph, words, choose) {
  const svg = make("svg", { viewBox: `0 0 ${DRAWN.width} ${DRAWN.height}`, class: "web result", role: "group" });
  svg.setAttribute("aria-label", `${words}: ${graph.nodes.length}`);
  const at = place(graph);
  for (const edge of graph.edges) svg.append(drawArrow(at.get(edge.subject), at.get(edge.object), edge));
  for (const node of graph.nodes) svg.append(drawLinked(node, at.get(node.curie), graph, choose));
  return svg;
}

function drawArrow(from, to, edge) {
  const group = drawEdge(from, to, edge, 0.5);
  const [x, y] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(x, y) || 1;
  const [along, across] = [{ x: x / length, y: y / length }, { x: -y / length, y: x / length }];
  const corner = (back, side) => `${to.x - back * along.x + side * across.x},${to.y - back * along.y + side * across.y}`;
  group.append(make("polygon", { points: [corner(10, 0), corner(19, 4), corner(19, -4)].join(" ") }));
  return group;
}

function drawLinked(node, at, graph, choose) {
  const link = make("a", { tabindex: "0", role: "button", "aria-label": toWords(node, graph) });
  const title = make("title", {});
  title.textContent = `${node.name} (${node.curie})`;
  link.append(title, make("circle", { cx: at.x, cy: at.y, r: 8 }), label(at.x, at.y + 22, node.name, "middle"));
  link.addEventListener("click", () => choose(node.curie));
  link.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(node.curie);
  });
  return link;
}

function toWords(node, graph) {
  const name = (curie) => graph.nodes.find((other) => other.curie === curie).name;
  const said = graph.edges
    .filter((edge) => edge.subject === node.curie)
    .map((edge) => `${edge.negated ? "NOT " : ""}${edge.predicate.toLowerCase().replaceAll("_", " ")} ${name(edge.object)}`);
  return [`${node.name} (${node.kind} ${node.curie})`, ...said].join("; ");
}
