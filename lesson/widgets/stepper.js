// Attention one stage at a time. A product lies as on paper: the left matrix on the left, the right
// one above, so that every result stands where its row and its column meet.

const STAGES = [
  { name: "x", title: "X", says: "Each word is a vector: one word a row." },
  {
    name: "q",
    title: "Q",
    left: "x",
    above: "w_q",
    says: "Each word makes a query: what it looks for.",
  },
  {
    name: "k",
    title: "K",
    left: "x",
    above: "w_k",
    says: "Each word makes a key: what it can be found by.",
  },
  {
    name: "v",
    title: "V",
    left: "x",
    above: "w_v",
    says: "Each word makes a value: what it hands over.",
  },
  {
    name: "scores",
    title: "QKᵀ",
    left: "q",
    above: "k",
    says: "Every query meets every key: the better they match, the higher the score.",
  },
  {
    name: "scaled",
    title: "÷ √d_k",
    left: "scores",
    switch: "with_scale",
    rule: ({ q, root }) => `÷ √${q[0].length} = ÷ ${plain(root)}`,
    says: "Longer vectors make larger scores. This takes their length out again.",
  },
  {
    name: "masked",
    title: "mask",
    left: "scaled",
    above: "mask",
    switch: "with_mask",
    says: "A hidden score becomes −∞. Click a cell of the mask to hide or show it.",
  },
  {
    name: "weights",
    title: "softmax",
    left: "masked",
    switch: "with_softmax",
    rule: () => "e^{score} ÷ the sum of e^{score} in the row",
    says: "The scores of a row become shares of 1.",
  },
  {
    name: "output",
    title: "× V",
    left: "weights",
    above: "v",
    says: "Each word gets a mixture of all values, by its row of weights.",
  },
];
const HINT =
  "Click a cell, or go there with Tab and arrow keys and press Enter, and you see the arithmetic " +
  "that made it. Space plays, ← and → step.";

// Each matrix: what stands over it, what its rows and columns are, and whose colour it has.
const MATRICES = {
  x: ["X", "length", "d_model"],
  w_q: ["W_{Q}", "d_model", "d_k", "query"],
  w_k: ["W_{K}", "d_model", "d_k", "key"],
  w_v: ["W_{V}", "d_model", "d_v", "value"],
  q: ["Q = X W_{Q}", "query", "d_k", "query"],
  k: ["K = X W_{K}", "key", "d_k", "key"],
  v: ["V = X W_{V}", "key", "d_v", "value"],
  scores: ["Q Kᵀ", "query", "key"],
  scaled: ["Q Kᵀ ÷ √d_{k}", "query", "key"],
  mask: ["mask", "query", "key"],
  masked: ["masked scores", "query", "key"],
  weights: ["weights", "query", "key"],
  output: ["output = weights V", "query", "d_v"],
};
const SCORES = ["scores", "scaled", "masked"];
const HIDING = ["mask", "masked", "weights"];

/** As few decimals as all these numbers need, and no more than fit: 1.25, 12.5, 125. */
function decimals(values) {
  const finite = values.flat().filter(Number.isFinite);
  const top = Math.max(...finite.map(Math.abs));
  const most = top < 10 ? 2 : top < 100 ? 1 : 0;
  const exact = (digits) => (value) => Math.abs(value - value.toFixed(digits)) < 1e-9;
  return [0, 1].find((digits) => digits >= most || finite.every(exact(digits))) ?? 2;
}

/** How a matrix is coloured: scores on one scale before and after the division, weights up to 1. */
function shade(model, name, now) {
  if (name === "weights" && model.get("with_softmax")) return { limit: 1 };
  if (name !== "weights" && !SCORES.includes(name)) return { limit: Infinity };
  return { limit: 1.25 * Math.max(...now.scores.flat().map(Math.abs)), signed: true };
}

/** One matrix on the page. turned: columns for rows; sums: one more column, the sum of each row
    returns { node, show(now, picked, lit) } */
function sheet(model, name, sizes, pick, { turned = false, sums = false } = {}) {
  const [title, down, across, kind = "plain"] = MATRICES[name];
  const tokens = model.get("tokens");
  const swap = (pair) => (turned ? [pair[1], pair[0]] : pair);
  const count = (size) => Array.from({ length: size }, (_, at) => String(at + 1));
  const names = (axis, at) => (axis.startsWith("d_") ? count(sizes[at]) : tokens);
  const labels = swap([down, across].map(names));
  const shape = swap(sizes).join(" × ");
  const table = matrix({
    caption: `${turned ? "Kᵀ" : title.replace(/[_{}]/g, "")}, ${shape}`,
    rows: labels[0],
    columns: sums ? [...labels[1], "sum"] : labels[1],
    pick: (i, j) => pick(name, ...swap([i, j])),
  });
  table.node.classList.add(kind);
  const axes = swap([down, across])
    .join(" × ")
    .replace(/_(\w+)/g, "_{$1}");
  table.node.caption.replaceChildren(
    element("span", {}, ...typeset(turned ? "Kᵀ" : title)),
    element("small", {}, shape, element("i", {}, ...typeset(` ${axes}`))),
  );
  const cell = (i, j) => table.node.rows[i + 1].cells[j + 1];
  const control = STAGES.find((stage) => stage.name === name)?.switch;
  let drawn = "";
  const show = (now, picked, lit) => {
    const values = now[name].map((row) => (sums ? [...row, total(row)] : row.map(Number)));
    const shown = turned ? turn(values) : values;
    const here = picked[0] === name ? swap(picked.slice(1)) : null;
    const mine = lit.filter(([matrix]) => matrix === name);
    const off = Boolean(control) && !model.get(control);
    const next = [shown, now.mask, here, mine, off].join("|");
    if (next === drawn) return; // most of the page stays as it is from stage to stage
    drawn = next;
    const digits = decimals(shown);
    table.show({ values: shown, ...shade(model, name, now), picked: here, decimals: digits });
    table.node.caption.classList.toggle("off", off);
    for (const [i, row] of shown.entries())
      for (const j of row.keys()) finish(cell(i, j), name, now, swap([i, j]), mine);
  };
  return { node: table.node, show };
}

/** What a cell shows besides its number: hidden, a row's sum, part of what made the picked cell. */
function finish(cell, name, now, [i, j], lit) {
  const sum = name === "weights" && j === now.mask.length;
  const hidden = HIDING.includes(name) && !sum && !now.mask[i][j];
  if (sum || hidden) [cell.className, cell.style.background] = [sum ? "sum" : "hidden", ""];
  const source = ([, row, column]) => (row ?? i) === i && (column ?? j) === j;
  cell.classList.toggle("lit", !sum && lit.some(source));
  if (name !== "mask") return;
  cell.textContent = hidden ? "✗" : "✓";
  cell.setAttribute("aria-label", `${hidden ? "hidden" : "visible"}, Enter changes it`);
}

/** Hide or show one cell of the mask: from now on it is the learner's own. */
function flip(model, mask, row, column) {
  const here = (i, j) => i === row && j === column;
  const own = mask.map((cells, i) => cells.map((seen, j) => seen !== here(i, j)));
  put(model, "masks", { ...model.get("masks"), own });
  put(model, "pattern", "own");
  put(model, "with_mask", true);
}

/** The picked cell goes along from stage to stage. */
function follow(model) {
  let before = model.get("step");
  model.on("change:step", () => {
    const [picked, step] = [model.get("picked"), model.get("step")];
    const at = STAGES.findIndex((stage) => stage.name === picked[0]);
    if (at === before || at > step) {
      const width = attention(model)[STAGES[step].name][0].length;
      put(model, "picked", [STAGES[step].name, picked[1], Math.min(picked[2], width - 1)]);
    }
    before = step;
  });
}

/** A switch with the line of words below it. */
function card(model, name, label, ...more) {
  const note = element("p", { class: "note" });
  const box = toggle(model, name, element("span", {}, ...typeset(label)));
  const row = element("div", { class: "row" }, box, ...more);
  const node = element("div", { class: "card" }, row, note);
  const show = (now) => note.replaceChildren(...typeset(NOTES[name](now, model.get(name), model)));
  return { node, show };
}

/** One stage, large: its words, what is left of and above the result, and the result. What is made
    from nothing, X, stands on the left at once: there the next stages need it. */
function pane(model, stage, now, make) {
  const says = element("p");
  const rule = element("div", { class: "rule" }, ...typeset(stage.rule?.(now) ?? ""));
  const title = element("strong", {}, ...typeset(stage.title.replace("_k", "_{k}")));
  const node = element(
    "section",
    { class: "pane", "aria-label": stage.title },
    element("div", { class: "says" }, title, says),
    stage.above ? make(stage.above, { turned: stage.above === "k" }) : rule,
    ...(stage.left ? [make(stage.left)] : []),
    make(stage.name, { sums: stage.name === "weights" }),
  );
  const show = (present) => {
    node.classList.toggle("present", present);
    const on = !stage.switch || model.get(stage.switch);
    says.textContent = on ? stage.says : "Switched off: the numbers go through as they are.";
  };
  return { node, show };
}

/** The three switches. Who chooses a pattern wants to see it, so that switches the mask on. */
function switches(model) {
  const patterns = choice(model, "pattern", "pattern", Object.keys(model.get("masks")));
  patterns.addEventListener("change", () => put(model, "with_mask", true));
  return [
    card(model, "with_scale", "÷ √d_{k}"),
    card(model, "with_mask", "mask", patterns),
    card(model, "with_softmax", "softmax"),
  ];
}

/** The arithmetic of the picked cell: a sentence, and the numbers below it. */
function arithmetic(model) {
  const lines = [element("p"), element("p", { class: "sum" })];
  const write = (part) => (typeof part === "string" ? typeset(part) : part);
  const show = (now, picked) => {
    const told = picked.length ? explain(now, model.get("tokens"), picked, model) : [HINT, []];
    for (const [index, line] of lines.entries())
      line.replaceChildren(...[told[index]].flat().flatMap(write));
  };
  return { node: element("div", { class: "arithmetic", role: "status" }, ...lines), show };
}

/** The present stage large and the matrices up to it small, all from the same sheets. */
function matrices(model, first) {
  const sheets = [];
  let now = first;
  const pick = (name, i, j) => {
    if (name === "mask") flip(model, now.mask, i, j);
    else put(model, "picked", [name, i, j]);
  };
  const maker = (due) => (name, options) => {
    const made = sheet(model, name, [first[name].length, first[name][0].length], pick, options);
    sheets.push({ ...made, due });
    return made.node;
  };
  const large = (stage, index) =>
    pane(
      model,
      stage,
      first,
      maker((step) => step === index),
    );
  const panes = STAGES.map(large);
  const tiles = STAGES.slice(0, -1).map(({ name }, index) =>
    element(
      "div",
      { class: "tile" },
      maker((step) => step >= index)(name, { sums: name === "weights" }),
    ),
  );
  const show = (latest, picked) => {
    now = latest;
    const step = model.get("step");
    const lit = MADE_OF[picked[0]]?.(picked[1], picked[2], now) ?? [];
    for (const [index, pane] of panes.entries()) pane.show(index === step);
    for (const [index, tile] of tiles.entries()) {
      tile.inert = index > step;
      tile.classList.toggle("present", index === step);
    }
    for (const sheet of sheets) if (sheet.due(step)) sheet.show(now, picked, lit);
  };
  const words = "the present stage; space plays, arrow keys step";
  const group = { class: "stage", tabindex: 0, role: "group", "aria-label": words };
  const node = element("div", group, ...panes.map(({ node }) => node));
  return { node, trail: element("div", { class: "trail" }, ...tiles), show };
}

function render({ model, el }) {
  begin(el, "attention-stepper");
  follow(model);
  const first = attention(model);
  const widths = ["x", "q", "v"].map((name) => first[name][0].length);
  const columns = Math.max(first.x.length, ...widths);
  el.style.setProperty("--columns", columns);
  el.classList.toggle("many", columns > 5);
  const read = (step) => `${step + 1} of ${STAGES.length}: ${STAGES[step].title}`;
  const [cards, stage, told] = [switches(model), matrices(model, first), arithmetic(model)];
  const parts = [
    player(model, "step", el, { count: () => STAGES.length, read }),
    element("div", { class: "cards" }, ...cards.map(({ node }) => node)),
    stage.node,
    told.node,
    stage.trail,
  ];
  el.append(element("div", { class: "wide" }, ...parts));
  const state = ["masks", "pattern", "with_scale", "with_mask", "with_softmax", "step", "picked"];
  draw(model, state, () => {
    const now = attention(model);
    for (const part of [...cards, stage, told]) part.show(now, model.get("picked"));
  });
}

export default { render };
