// Draws what the table of the page says, of the same document that the API gives. Without this file the table remains.
"use strict";

(async () => {
  const place = document.getElementById("graph");
  if (!place || !window.cytoscape) return;
  const answer = await fetch(place.dataset.source, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const report = await answer.json();

  // Colours of the page as the canvas knows them: `light-dark()` is resolved by the browser.
  const colour = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };

  const columns = [[{ path: report.project_path, steps: 0, effect: "begin" }]];
  for (const one of report.reached) {
    (columns[one.steps] ||= []).push({ path: one.project_path, steps: one.steps, effect: one.effect });
  }
  place.hidden = false;
  // From left to right; where the place is narrow, from the top down.
  let down = place.clientWidth < 560;
  const at = (step, other) => (down ? { x: other * 150, y: step * 110 } : { x: step * 320, y: other * 80 });
  const nodes = columns.flatMap((column, x) => column.map((one, y) => ({
    data: { id: one.path, label: one.path, effect: one.effect, steps: one.steps, at: y, from: (column.length - 1) / 2 },
    position: at(x, y - (column.length - 1) / 2),
  })));
  const known = new Set(nodes.map((node) => node.data.id));
  const edges = report.edges.filter((one) => known.has(one.source) && known.has(one.target)).map((one) => ({
    data: { id: `${one.source}→${one.target}→${one.effect}`, source: one.source, target: one.target, effect: one.effect },
  }));

  const says = document.getElementById("graph-says");
  says.hidden = false;
  document.getElementById("graph-key").hidden = false;
  const style = () => {
    const ink = colour("--ink"), line = colour("--edge"), accent = colour("--accent"), surface = colour("--surface");
    const ground = getComputedStyle(place).backgroundColor;
    return [
      { selector: "node", style: {
        label: "data(label)", color: ink, "font-size": 14, "text-wrap": "wrap", "text-max-width": down ? 140 : 220, "text-valign": "bottom",
        // A line from the top down passes through the name below a project: it ends at the name's own ground.
        "text-background-color": ground, "text-background-opacity": 1, "text-background-padding": 2,
        "text-margin-y": 6, "background-color": surface, "border-width": 2, "border-color": line, width: 22, height: 22,
      } },
      { selector: "node[effect = 'change']", style: { "background-color": accent, "border-color": accent } },
      { selector: "node[effect = 'begin']", style: { shape: "rectangle", "background-color": ink, "border-color": ink } },
      { selector: "edge", style: {
        "curve-style": "bezier", width: 2, "line-color": line, "target-arrow-color": line, "target-arrow-shape": "triangle",
      } },
      { selector: "edge[effect = 'read']", style: { "line-style": "dashed" } },
      { selector: "node:selected", style: { "border-width": 6, "border-color": accent, "font-weight": "bold" } },
    ];
  };
  const graph = cytoscape({
    container: place,
    elements: { nodes, edges: [...new Map(edges.map((edge) => [edge.data.id, edge])).values()] },
    layout: { name: "preset", padding: 40 },
    autoungrabify: true,
    minZoom: 0.1,
    maxZoom: 2,
    style: style(),
  });
  // A few projects are drawn no larger than the page's own words.
  const fit = () => {
    graph.fit(undefined, 40);
    if (graph.zoom() > 1) {
      graph.zoom(1);
      graph.center();
    }
  };
  fit();
  // Where the system's theme or the window changes while the page is open.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => graph.style(style()));
  addEventListener("resize", () => {
    down = place.clientWidth < 560;
    graph.nodes().positions((node) => at(node.data("steps"), node.data("at") - node.data("from")));
    graph.style(style());
    graph.resize();
    fit();
  });

  const words = { change: place.dataset.change, read: place.dataset.read, begin: place.dataset.begin };
  const choose = (node) => {
    graph.nodes().unselect();
    node.select();
    says.textContent = `${node.id()}: ${words[node.data("effect")]}`;
    const box = node.renderedPosition();
    const inside = box.x > 20 && box.y > 20 && box.x < place.clientWidth - 20 && box.y < place.clientHeight - 20;
    if (!inside) graph.center(node);
  };
  const open = (node) => { location.assign(`/${node.id()}`); };
  graph.on("tap", "node", (event) => choose(event.target));
  graph.on("dbltap", "node", (event) => open(event.target));

  const columnOf = (x) => graph.nodes().filter((node) => node.data("steps") === x).sort((a, b) => a.data("at") - b.data("at"));
  const nearest = (node, x) => {
    const column = columnOf(x);
    if (column.empty()) return node;
    const across = down ? "x" : "y";
    return column.min((other) => Math.abs(other.position(across) - node.position(across))).ele;
  };
  const beside = (node, by) => {
    const column = columnOf(node.data("steps"));
    return column[Math.max(0, Math.min(column.length - 1, column.indexOf(node) + by))];
  };
  place.addEventListener("keydown", (event) => {
    const chosen = graph.nodes(":selected");
    const node = chosen.empty() ? graph.getElementById(report.project_path) : chosen[0];
    const x = node.data("steps");
    const zoom = (by) => graph.zoom({ level: graph.zoom() * by, renderedPosition: node.renderedPosition() });
    const along = { forth: () => choose(chosen.empty() ? node : nearest(node, x + 1)), back: () => choose(nearest(node, x - 1)) };
    const across = { forth: () => choose(beside(node, 1)), back: () => choose(beside(node, -1)) };
    const [horizontal, vertical] = down ? [across, along] : [along, across];
    const keys = {
      ArrowRight: horizontal.forth,
      ArrowLeft: horizontal.back,
      ArrowDown: vertical.forth,
      ArrowUp: vertical.back,
      Home: () => choose(graph.getElementById(report.project_path)),
      Enter: () => open(node),
      "+": () => zoom(1.25),
      "-": () => zoom(0.8),
      0: () => graph.fit(undefined, 40),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
