// Why scores are divided by √d_k: their spread, one row of weights, its entropy, its gradient.

const LOOKS = ["second", "first"]; // of what is not divided and of what is
const NAMES = ["not divided", "divided by √d_k"];
const FAINTEST = 1e-8; // where the axis of the gradients ends

/** The entropy of weights in bits. */
const entropy = (weights) =>
  -weights.reduce((sum, weight) => sum + (weight ? weight * Math.log2(weight) : 0), 0);

/** The root of the sum of all squared derivatives of the weights by the scores. */
function jacobianNorm(weights) {
  const products = weights.map((one, i) => weights.map((other, j) => (i === j ? 0 : one * other)));
  // w (1 − w) is a sum over the others: 1 − w would be lost in rounding as the gradient dies.
  const alone = products.map((row) => row.reduce((sum, value) => sum + value));
  return Math.hypot(...products.flat(), ...alone);
}

/** 10⁻⁶ for 6 */
function tenth(power) {
  const digits = [...String(power)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  return `10⁻${digits.join("")}`;
}

/** 0.368, or 5.0 · 10⁻⁶ for what three decimals would hide. */
function small(value) {
  if (value >= 0.01 || value === 0) return number(value, 3);
  const [digits, power] = value.toExponential(1).split("e-");
  return `${digits} · ${tenth(power)}`;
}

/** All scores: how far they spread. The other side is there as an outline. */
function spread(model, side, index) {
  const shares = model.get("histograms").map((part) => {
    const sum = part[index].reduce((total, count) => total + count);
    return part[index].map((count, bar) => [bar - part[index].length / 2 + 0.5, count / sum]);
  });
  const [bars, others] = [shares[side], shares[1 - side]];
  const edge = bars.length / 2 - 1;
  const step = ([score, share]) => [-0.5, 0.5].map((aside) => [score + aside, share]);
  const outline = others.flatMap(step);
  const d_k = model.get("sizes")[index];
  const deviation = number(model.get("deviations")[side][index]);
  const beyond = number(100 * (bars[0][1] + bars.at(-1)[1]), 0);
  const ticks = [-edge, -edge / 2, 0, edge / 2, edge];
  const picture = chart({
    caption: `histogram of the scores, ${NAMES[side]}, for d_k ${d_k}: deviation ${deviation}`,
    x: { from: -edge - 1, to: edge + 1, ticks, read: (tick) => number(tick, 0), label: "score" },
    y: { from: 0, to: 0.4, ticks: [0, 0.2, 0.4], label: "share of the scores" },
    bars: [{ points: bars, wide: 0.9, look: LOOKS[side] }],
    lines: [{ points: outline, look: LOOKS[1 - side] }],
  });
  const expected = side ? `√${d_k} / √${d_k} = 1` : `√${d_k} = ${number(Math.sqrt(d_k))}`;
  return [
    picture,
    `standard deviation ${deviation}, close to ${expected}`,
    `${beyond} % lie beyond ±${edge}, in the outermost bars`,
  ];
}

/** The weights of one query, as bars. */
function bars(query, weights, side) {
  const top = Math.max(...weights);
  const write = (weight) => number(weight);
  const picture = chart({
    caption: `weights of query ${query} on ${weights.length} keys, scores ${NAMES[side]}`,
    x: { from: -0.6, to: weights.length - 0.4, ticks: [...weights.keys()], label: "key" },
    y: { from: 0, to: 1, ticks: [0, 0.5, 1], label: "weight" },
    bars: [{ points: [...weights.entries()], wide: 0.8, look: LOOKS[side], write }],
  });
  const even = number(1 / weights.length, 3);
  return [
    picture,
    `key ${weights.indexOf(top)} takes ${number(top)} of the weight,`,
    `of which each would get ${even} if all were alike`,
  ];
}

/** A number over all d_k: its median as lines, and that of one query as a ring.
    medians, own: the number without and with the division; read: how it is written */
function course({ name, sizes, index, side, medians, own, y, read }) {
  const line = (values, which) => {
    const points = values.map((value, place) => [sizes[place], value]);
    return { points, look: LOOKS[which] };
  };
  const ticks = sizes.filter((_, power) => power % 2 === 0);
  const picture = chart({
    caption: `${name} over d_k, with and without the division`,
    x: { from: 1, to: sizes.at(-1), log: true, ticks, label: "d_k" },
    y,
    marks: [{ at: sizes[index], look: "there" }],
    lines: medians.map(line),
    dots: [{ points: [[sizes[index], own[side]]], look: "ring" }],
  });
  const told = NAMES.map((words, which) => {
    const line = `${words}: ${read(own[which])}, median ${read(medians[which][index])}`;
    return element("span", { class: which === side ? "now" : "" }, line);
  });
  return [picture, ...told];
}

function render({ model, el }) {
  begin(el, "scaling-explorer");
  const sizes = model.get("sizes");
  const [[table]] = model.get("scores");
  const [queries, keys] = [table.length, table[0].length];
  const all = model.get("histograms")[0][0].reduce((total, count) => total + count);
  const live = (title, show) => {
    const [box, words] = [element("div"), element("div", { class: "words" })];
    draw(model, ["d_k", "scaled", "query"], () => {
      const index = sizes.indexOf(model.get("d_k"));
      const rows = model.get("scores").map((part) => softmax(part[index][model.get("query")]));
      const [picture, ...lines] = show(Number(model.get("scaled")), index, rows);
      box.replaceChildren(picture);
      words.replaceChildren(...lines.map((line) => element("div", {}, line)));
    });
    return panel(title, box, words);
  };
  const over = (name, state, measure, y, read) => (side, index, rows) =>
    course({
      name,
      sizes,
      index,
      side,
      medians: model.get(state),
      own: rows.map(measure),
      y,
      read,
    });
  const most = Math.log2(keys);
  const bits = { from: 0, to: most, ticks: [0, 1, 2, most], label: "bits" };
  const undecided = over("entropy", "entropies", entropy, bits, (value) => `${number(value)} bits`);
  const decades = {
    from: FAINTEST,
    to: 1,
    log: true,
    ticks: [8, 6, 4, 2, 0].map((power) => 10 ** -power),
    read: (tick) => (tick === 1 ? "1" : tenth(Math.round(-Math.log10(tick)))),
    label: "norm of all ∂ weight / ∂ score",
  };
  const movable = over("gradient", "gradients", jacobianNorm, decades, small);
  const looks = [1, 0].map((side) => [LOOKS[side], NAMES[side]]);
  el.append(
    element(
      "div",
      { class: "columns three" },
      slider(model, "d_k", "d_k", { values: sizes }),
      slider(model, "query", "query", { max: queries - 1 }),
      toggle(model, "scaled", "divide the scores by √d_k"),
    ),
    legend(...looks, ["there", "this d_k"], ["ring", "this query (lines: median of all queries)"]),
    columns(
      live(`${all} scores of random queries and keys`, (side, index) => spread(model, side, index)),
      live(`softmax of one row: weights (${keys})`, (side, _, rows) =>
        bars(model.get("query"), rows[side], side),
      ),
    ),
    columns(
      live(`entropy of the row: at most log2 ${keys} = ${most} bits`, undecided),
      live("gradient that reaches the scores", movable),
    ),
  );
}

export default { render };
