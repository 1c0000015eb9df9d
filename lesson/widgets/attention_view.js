// Who looks at whom. Python reads a sentence and records scores; they become weights here.
// `point` is what the pointer or the focus rests on, a head, a query, a key; no state keeps it.

const MEANING = {
  encoder: "The words of the sentence look at each other.",
  decoder: "The words look back, at themselves and at the words before them.",
  cross: "The words of the target look at the words of the source.",
};
const HINT =
  "Point at a head or a word: it alone. Click a head: it stays. " +
  "Click a cell of the heat map: the sum behind it.";
const CAUTION = "Attention maps are evidence about this model on this sentence, not explanations.";
const ROW = 26; // pixels from word to word
const REACH = 170; // pixels from the words that ask to those that answer
const MOST_NUMBERS = 12; // columns up to which the cells show their numbers

/** The part that is shown. */
function present(model) {
  return model.get("parts")[model.get("part")];
}

/** The scores of every head in the layer that is shown: (heads, query, key), null where hidden. */
function scored(model) {
  return present(model).scores[model.get("layer")];
}

/** What there is to see: the weights of every head, which heads are shown, their mean, and which
    cells the mask leaves to them. */
function look(model, point) {
  const temperature = model.get("temperature");
  const share = (row) => {
    const scaled = row.map((score) => score / temperature);
    return softmax(
      scaled,
      row.map((score) => score !== null),
    );
  };
  const weights = scored(model).map((head) => head.map(share));
  const all = weights.map((_, head) => head);
  const locked = model.get("locked").length ? model.get("locked") : all;
  const heads = point.head === null ? locked : [point.head];
  const mean = weights[0].map((row, i) =>
    row.map((_, j) => heads.reduce((sum, head) => sum + weights[head][i][j], 0) / heads.length),
  );
  const seen = (i, j) => heads.some((head) => scored(model)[head][i][j] !== null);
  const mask = mean.map((row, i) => row.map((_, j) => seen(i, j)));
  return { weights, heads, mean, mask };
}

/** Those heads in words. */
function named({ weights, heads }) {
  if (heads.length === 1) return `head ${heads[0]}`;
  const all = heads.length === weights.length;
  return all ? `mean of all ${heads.length} heads` : `mean of heads ${heads.join(", ")}`;
}

/** A word that asks or answers, and the share of attention between it and the one pointed at:
    null when there is none, NaN when the mask hides them from each other. */
function word(side, name, next, index, point, update) {
  const rest = (value) => () => {
    Object.assign(point, { query: null, key: null, [side]: value });
    update();
  };
  const pointed = { onmouseenter: rest(index), onmouseleave: rest(null) };
  const focused = { onfocus: rest(index), onblur: rest(null) };
  const share = element("span", { class: "share" });
  const then = next
    ? [element("small", { title: "the likeliest next word here" }, `→ ${next}`)]
    : [];
  const look = { class: `word ${side}`, tabindex: index ? -1 : 0 };
  const node = element("button", { ...look, ...pointed, ...focused }, name, ...then, share);
  const show = (weight, pointed) => {
    node.style.background = weight ? colour(0.6 * weight) : "";
    node.classList.toggle("hidden", Number.isNaN(weight));
    node.classList.toggle("pointed", pointed);
    share.textContent = weight === null ? "" : number(weight);
  };
  return { node, show };
}

/** Up and down from word to word. */
function walk(event) {
  const way = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!way) return;
  event.target[way]?.focus();
  event.preventDefault();
}

/** The words that ask, the words that answer, and between them a line for each weight. */
function lines(model, point, update) {
  const { queries, keys } = present(model);
  const next = model.get("part") === "encoder" ? [] : model.get("next_words");
  const [asks, answers] = unknownOf(model).map((list) => (text) => wordNode(text, list));
  const asking = queries.map((text, i) => word("query", asks(text), next[i], i, point, update));
  const answering = keys.map((text, j) => word("key", answers(text), null, j, point, update));
  const middle = (scored(model).length - 1) / 2;
  const strands = scored(model).flatMap((head, h) =>
    head.flatMap((row, i) => row.map((_, j) => ({ h, i, j, path: strand(h - middle, h, i, j) }))),
  );
  const show = ({ weights, heads, mean, mask }) => {
    const { query, key } = point;
    for (const line of strands) {
      const { h, i, j, path } = line;
      const meant = (query ?? i) === i && (key ?? j) === j;
      const weight = weights[h][i][j];
      const seen = meant && heads.includes(h) && weight >= 0.01;
      const look = `stroke-opacity: ${weight}; stroke-width: ${1 + 2 * weight}`;
      const style = seen ? look : "display: none";
      if (line.style !== style) path.setAttribute("style", style); // the browser thinks of it again
      line.style = style;
    }
    const share = (i, j) => (mask[i][j] ? mean[i][j] : NaN);
    const [back, forth] = [query === null && key !== null, key === null && query !== null];
    for (const [i, one] of asking.entries()) one.show(back ? share(i, key) : null, query === i);
    for (const [j, one] of answering.entries()) one.show(forth ? share(query, j) : null, key === j);
  };
  const size = { width: REACH, height: ROW * Math.max(queries.length, keys.length) };
  const paths = strands.map(({ path }) => path);
  const picture = element("svg", { ...size, "aria-hidden": "true" }, ...paths);
  const column = (words) => element("div", { onkeydown: walk }, ...words.map(({ node }) => node));
  const sides = element("div", { class: "sides" }, column(asking), picture, column(answering));
  const caption = element("div", { class: "caption" }, "queries look at keys");
  return { node: element("div", {}, caption, sides), show };
}

/** The line of head h from query i to key j, `aside` steps off the middle. */
function strand(aside, h, i, j) {
  const place = (index) => ROW * (index + 0.5) + Math.max(-8, Math.min(8, 2 * aside));
  const [from, to, half] = [place(i), place(j), REACH / 2];
  const bend = `M0,${from} C${half},${from} ${half},${to} ${REACH},${to}`;
  return element("path", { d: bend, fill: "none", stroke: hue(h), "stroke-dasharray": dashes(h) });
}

/** The heat map, and what each of its rows and columns adds up to. */
function map(model, point, update) {
  const { queries, keys } = present(model);
  const { node, show: fill } = matrix({
    caption: `weights (query ${queries.length} × key ${keys.length})`,
    rows: queries,
    columns: keys,
    unknown: unknownOf(model),
    pick: (i, j) => put(model, "cell", [i, j]),
    hover: (i, j) => {
      Object.assign(point, { query: i, key: j });
      update();
    },
  });
  const sum = (side, title) => element("td", { class: side, title });
  const across = queries.map((text) => sum("across", `all that “${text}” gives`));
  const down = keys.map((text) => sum("down", `all that “${text}” gets`));
  node.rows[0].append(element("th", { class: "total" }, "Σ"));
  for (const [i, cell] of across.entries()) node.rows[i + 1].append(cell);
  node.append(element("tr", {}, element("th", {}, "Σ"), ...down));
  const dense = keys.length > MOST_NUMBERS;
  node.classList.toggle("dense", dense);
  node.classList.toggle("tall", keys.join("").length > 34);
  const total = (cell, value, most) => {
    cell.textContent = number(value, dense ? 1 : 2);
    cell.style.setProperty("--share", `${(100 * value) / most}%`);
  };
  const show = ({ mean, mask }) => {
    fill({ values: mean, mask, picked: model.get("cell") });
    const gets = keys.map((_, j) => mean.reduce((sum, row) => sum + row[j], 0));
    const gives = mean.map((row) => row.reduce((sum, weight) => sum + weight, 0));
    for (const [i, cell] of across.entries()) total(cell, gives[i], 1);
    for (const [j, cell] of down.entries()) total(cell, gets[j], Math.max(...gets));
  };
  return { node, show };
}

/** What the pointer or the focus rests on in words, or what this attention is for. */
function told(model, { query, key }, { mean, mask, heads }) {
  const { queries, keys } = present(model);
  const [asks, answers] = [`“${queries[query]}”`, `“${keys[key]}”`];
  const who = heads.length === 1 ? `In head ${heads[0]}` : "On average";
  const most = (words, shares, seen, way) => {
    const visible = words.map((_, at) => at).filter((at) => seen[at]);
    const order = visible.sort((a, b) => shares[b] - shares[a]).slice(0, 3);
    const told = order.map((at) => `${number(shares[at])} ${way} “${words[at]}”`);
    return told.join(", ") || "nothing";
  };
  const column = (matrix) => matrix.map((row) => row[key]);
  if (query === null && key === null) {
    const hatched = mask.flat().includes(false) ? " Hatched cells are hidden by the mask." : "";
    return MEANING[model.get("part")] + hatched;
  }
  if (key === null) return `${who}, ${asks} gives ${most(keys, mean[query], mask[query], "to")}.`;
  if (query === null)
    return `${who}, ${answers} gets ${most(queries, column(mean), column(mask), "from")}.`;
  if (!mask[query][key]) return `The mask hides ${answers} from ${asks}.`;
  return `${who}, ${asks} gives ${answers} ${number(mean[query][key])} of its attention.`;
}

function render({ model, el }) {
  begin(el, "attention-view");
  const point = { head: null, query: null, key: null };
  const [heads, pictures, sum] = ["", "row", "behind"].map((name) =>
    element("div", { class: name }),
  );
  const title = element("div", { class: "title" });
  const words = element("div", { class: "words", "aria-live": "polite" });
  let pieces = [];
  const update = () => {
    const now = look(model, point);
    for (const piece of pieces) piece.show(now);
    const [part, layer] = [model.get("part"), model.get("layer")];
    title.textContent = `${part} attention, layer ${layer}, ${named(now)}`;
    words.textContent = told(model, point, now);
    sum.replaceChildren(...behind(model, now));
  };
  const build = () => {
    Object.assign(point, { head: null, query: null, key: null });
    pieces = [chips, lines, map].map((make) => make(model, point, update));
    heads.replaceChildren(pieces[0].node);
    pictures.replaceChildren(pieces[1].node, pieces[2].node);
    update();
  };
  const turn = (part) => {
    model.set("cell", []);
    model.set("layer", Math.min(model.get("layer"), model.get("parts")[part].scores.length - 1));
    put(model, "part", part);
  };
  const layers = Object.keys(present(model).scores).map(Number);
  const read = (value) => value.toFixed(1);
  const settings = [
    chooser(model, "part", "attention", Object.keys(model.get("parts")), turn),
    chooser(model, "layer", "layer", layers, (layer) => put(model, "layer", layer)),
    slider(model, "temperature", "temperature", { min: 0.1, max: 5, step: 0.1, read }),
  ];
  const notes = [HINT, CAUTION].map((text) => element("div", { class: "note" }, text));
  el.append(
    sentence(model),
    element("div", {}, ...settings),
    heads,
    title,
    words,
    pictures,
    ...notes,
    sum,
  );
  draw(model, ["parts", "part"], build);
  draw(model, ["layer", "locked", "temperature", "cell", "answer"], update);
}

export default { render };
