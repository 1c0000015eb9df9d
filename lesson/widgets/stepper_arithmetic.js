// The stages of attention as numbers, each number as the arithmetic that made it, and what each
// switch changes.

const product = (a, b) =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, at) => sum + value * b[at][j], 0)));
const turn = (matrix) => matrix[0].map((_, j) => matrix.map((row) => row[j]));
const total = (row) => row.reduce((sum, value) => sum + value, 0);

/** Every matrix from X to the output, with the switches as the state has them. */
function attention(model) {
  const now = Object.fromEntries(["x", "w_q", "w_k", "w_v"].map((name) => [name, model.get(name)]));
  const pattern = model.get("masks")[model.get("pattern")];
  now.mask = model.get("with_mask") ? pattern : pattern.map((row) => row.map(() => true));
  now.q = product(now.x, now.w_q);
  now.k = product(now.x, now.w_k);
  now.v = product(now.x, now.w_v);
  now.scores = product(now.q, turn(now.k));
  now.root = Math.sqrt(now.q[0].length);
  now.divided = now.scores.map((row) => row.map((score) => score / now.root));
  now.scaled = model.get("with_scale") ? now.divided : now.scores;
  const hide = (row, i) => row.map((score, j) => (now.mask[i][j] ? score : -Infinity));
  const soft = model.get("with_softmax");
  now.masked = now.scaled.map(hide);
  now.weights = soft ? now.scaled.map((row, i) => softmax(row, now.mask[i])) : now.masked;
  now.output = product(now.weights, now.v);
  return now;
}

/** What a cell was made of: [matrix, row, column], null for all of them. */
const MADE_OF = {
  q: (i, j) => [
    ["x", i, null],
    ["w_q", null, j],
  ],
  k: (i, j) => [
    ["x", i, null],
    ["w_k", null, j],
  ],
  v: (i, j) => [
    ["x", i, null],
    ["w_v", null, j],
  ],
  scores: (i, j) => [
    ["q", i, null],
    ["k", j, null],
  ],
  scaled: (i, j) => [["scores", i, j]],
  masked: (i, j) => [
    ["scaled", i, j],
    ["mask", i, j],
  ],
  weights: (i, j, now) => [[now.weights[i].length === j ? "weights" : "masked", i, null]],
  output: (i, j) => [
    ["weights", i, null],
    ["v", null, j],
  ],
};

/** At most three decimals, none that say nothing. */
function short(value) {
  const digits = String(Number(value.toFixed(3)));
  return (digits === "-0" ? "0" : digits).replace("-", "−");
}

/** A number as one writes it in a sum, for `typeset`: very large or small ones as 2·10^{−4}. */
function plain(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : number(value);
  const size = Math.abs(value);
  if (size === 0 || (size >= 0.0005 && size < 1e5)) return short(value);
  const [digits, power] = value.toExponential(2).split("e");
  return `${short(Number(digits))}·10^{${short(Number(power))}}`;
}

/** A part of a sum in the colour of the matrix that it comes from; brackets round a minus. */
function from(kind, value, first = false) {
  const text = plain(value);
  return element(
    "span",
    { class: `from ${kind}` },
    ...typeset(value < 0 && !first ? `(${text})` : text),
  );
}

/** "q_{I}" and "e^{1.5}" as on paper. */
function typeset(text) {
  return text.split(/([_^]\{[^}]*\})/).map((part) => {
    if (!/^[_^]\{/.test(part)) return part;
    return element(part[0] === "_" ? "sub" : "sup", {}, part.slice(2, -1));
  });
}

/** a₁×b₁ + a₂×b₂ + … = sum */
function products(a, b, left, right) {
  const terms = a.map((value, at) => [
    at ? " + " : " = ",
    from(left, value, !at),
    "×",
    from(right, b[at]),
  ]);
  return [
    ...terms.flat(),
    ` = ${plain(
      product(
        [a],
        b.map((value) => [value]),
      )[0][0],
    )}`,
  ];
}

function projected(now, name, tokens, i, j) {
  const [word, matrix] = [tokens[i], name.toUpperCase()];
  const vector = { q: "query", k: "key", v: "value" }[name];
  return [
    `Number ${j + 1} of the ${vector} of “${word}”: ` +
      `the row of “${word}” in X times column ${j + 1} of W_{${matrix}}.`,
    [
      `${name}_{${word}, ${j + 1}}`,
      ...products(now.x[i], turn(now[`w_${name}`])[j], "plain", vector),
    ],
  ];
}

function given(name, tokens, i, j) {
  const vector = `Number ${j + 1} of the vector of “${tokens[i]}”`;
  if (name === "x") return [`${vector}. It is given: here the arithmetic begins.`, []];
  const place = `Row ${i + 1}, column ${j + 1} of W_{${name.at(-1).toUpperCase()}}`;
  return [`${place}. It is given; in a model, training finds it.`, []];
}

function score(now, tokens, i, j) {
  const [asks, answers] = [tokens[i], tokens[j]];
  return [
    `How well the query of “${asks}” matches the key of “${answers}”: ` +
      "row of Q times column of Kᵀ, place by place.",
    [`q_{${asks}} · k_{${answers}}`, ...products(now.q[i], now.k[j], "query", "key")],
  ];
}

function scaled(now, tokens, i, j, model) {
  const [raw, width] = [plain(now.scores[i][j]), now.q[0].length];
  if (!model.get("with_scale")) return ["The division is switched off.", [`${raw} stays ${raw}`]];
  return [
    `The score of “${tokens[i]}” for “${tokens[j]}”, ` +
      `divided by √d_{k} = √${width} = ${plain(now.root)}.`,
    [`${raw} ÷ √${width} = ${raw} ÷ ${plain(now.root)} = ${plain(now.scaled[i][j])}`],
  ];
}

function masked(now, tokens, i, j) {
  const before = plain(now.scaled[i][j]);
  return now.mask[i][j]
    ? [`“${tokens[i]}” may look at “${tokens[j]}”.`, [`${before} stays ${before}`]]
    : [`“${tokens[i]}” may not look at “${tokens[j]}”.`, [`${before} becomes −∞`]];
}

function weight(now, tokens, i, j, model) {
  if (j === tokens.length) return summed(now, tokens, i);
  const share = plain(now.weights[i][j]);
  if (!model.get("with_softmax"))
    return [
      "Softmax is switched off: the score itself is the weight.",
      [`${share} stays ${share}`],
    ];
  const words = `The share of “${tokens[j]}” in what “${tokens[i]}” looks at.`;
  if (!now.mask[i].includes(true)) {
    const nobody = "It sees nobody, and 0 ÷ 0 has no value; the library writes 0.";
    return [`${words} ${nobody}`, [`0 ÷ (${tokens.map(() => "0").join(" + ")}) → 0`]];
  }
  const power = (score) => `e^{${Number.isFinite(score) ? short(score) : number(score)}}`;
  const powers = now.masked[i].map(Math.exp);
  const fits = total(powers) > 0 && total(powers) < Infinity; // e^{1000} is beyond any computer
  const quotient = fits ? ` = ${plain(powers[j])} ÷ ${plain(total(powers))}` : "";
  const all = now.masked[i].map(power).join(" + ");
  return [words, [`${power(now.masked[i][j])} ÷ (${all})${quotient} = ${share}`]];
}

function summed(now, tokens, i) {
  const terms = now.weights[i].map((value, at) => [at ? " + " : "", from("plain", value, !at)]);
  return [
    `All weights in the row of “${tokens[i]}”.`,
    [...terms.flat(), ` = ${plain(total(now.weights[i]))}`],
  ];
}

function mixed(now, tokens, i, j) {
  return [
    `Number ${j + 1} of what “${tokens[i]}” gets: ` +
      `its row of weights times column ${j + 1} of V.`,
    [
      `output_{${tokens[i]}, ${j + 1}}`,
      ...products(now.weights[i], turn(now.v)[j], "plain", "value"),
    ],
  ];
}

/** [a sentence, the arithmetic] for the picked cell. */
function explain(now, tokens, [name, i, j], model) {
  const told = { scores: score, scaled, masked, weights: weight, output: mixed }[name];
  if (told) return told(now, tokens, i, j, model);
  return "qkv".includes(name) ? projected(now, name, tokens, i, j) : given(name, tokens, i, j);
}

const PATTERNS = {
  causal: "Each word sees itself and those before it",
  padding: "The last word is padding, so nobody sees it",
  "past only": "Each word sees only those before it",
  own: "Yours: click the cells of the mask",
};

/** The largest weight of a row, on average. */
function sharpness(scores, mask) {
  return total(scores.map((row, i) => Math.max(...softmax(row, mask[i])))) / scores.length;
}

/** What each switch does now, or what its absence breaks. */
const NOTES = {
  with_scale(now, on) {
    const width = now.q[0].length;
    if (on) return `Scores are divided by √d_{k} = √${width} = ${plain(now.root)}.`;
    const [sharp, soft] = [now.scores, now.divided].map((scores) => sharpness(scores, now.mask));
    const change = sharp > soft ? "Rows get sharper" : "Rows stay as they are";
    const top = `the top weight is ${number(sharp)} on average instead of ${number(soft)}`;
    return `Off: scores stay ${plain(now.root)} times as large. ${change}: ${top}.`;
  },
  with_mask(now, on, model) {
    if (!on) return "Off: every word sees every word.";
    const hidden = now.mask.flat().filter((seen) => !seen).length;
    const cells = `${hidden} of ${now.mask.length ** 2} cells are hidden`;
    return `${PATTERNS[model.get("pattern")]}. ${cells}.`;
  },
  with_softmax(now, on, model) {
    const sums = now.weights.map(total);
    const blind = model.get("tokens").filter((_, i) => !now.mask[i].includes(true));
    const names = blind.map((word) => `“${word}”`).join(", ");
    if (on && !names) return "Every row of weights sums to 1.";
    if (on) return `Every row of weights sums to 1, but for ${names}: who sees nobody gets zeros.`;
    const broken = sums.includes(-Infinity) ? " −∞ × 0 is not a number (–)." : "";
    const ends = `${plain(Math.min(...sums))} … ${plain(Math.max(...sums))}`;
    return `Off: the scores are the weights. Rows sum to ${ends}, not to 1.${broken}`;
  },
};
