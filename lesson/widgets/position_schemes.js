// Tables of positions and what is demanded of them: the sinusoids, and what was tried before.

const ALIKE = 0.005; // a difference that a model would have to be very attentive to see

const count = (length) => Array.from({ length }, (_, index) => index);
const product = (one, other) => one.reduce((sum, value, index) => sum + value * other[index], 0);

/** 0.0123, 19.9 or 62 832: three digits, or all of a large number. */
function amount(value) {
  if (value < 1000) return String(Number(value.toPrecision(3)));
  return Math.round(value).toLocaleString("en").replaceAll(",", " ");
}

/** By how much the angle of a pair of features grows from one position to the next. */
const pace = (pair, { base, d_model }) => base ** ((-2 * pair) / d_model);

/** Row `position` of the sinusoids: sine, cosine, sine, cosine, … */
function waves(position, { base, d_model }) {
  const row = [];
  const slower = base ** (-2 / d_model); // from one pair to the next
  for (let angle = position; row.length < d_model; angle *= slower)
    row.push(Math.sin(angle), Math.cos(angle));
  return row;
}

/** A number between −1 and 1 that looks random and is the same every time. */
function noise(seed) {
  let mixed = Math.imul(seed + 1, 0x9e3779b1);
  for (const shift of [15, 13, 16]) mixed = Math.imul(mixed ^ (mixed >>> shift), 0x2c1b3c6d);
  return (mixed >>> 0) / 2 ** 31 - 1;
}

/** A scheme that writes one number into all features. */
const everywhere = (rule) => (position, size) =>
  Array(size.d_model).fill(rule(position, size.length));

const SCHEMES = {
  "whole numbers": everywhere((position) => position),
  "position ÷ length": everywhere((position, length) => position / length),
  sigmoid: everywhere((position) => 1 / (1 + Math.exp(-position))),
  "one sine": everywhere((position) => Math.sin(position)),
  "binary digits": (position, { d_model }) =>
    count(d_model).map((digit) => Math.floor(position / 2 ** digit) % 2),
  "random vectors": (position, { d_model }) =>
    count(d_model).map((feature) => noise(position * d_model + feature)),
};

/** The rows 0 … length − 1 of a scheme that takes the sentence to be as long as `size` says. */
const rows = (rule, size, length = size.length) =>
  count(length).map((position) => rule(position, size));

const largest = (table) => Math.max(...table.map((row) => Math.max(...row.map(Math.abs))));

/** The first two rows that are nearly the same in every feature, if there are any. */
function twins(table) {
  const alike = (one, other) => one.every((value, at) => Math.abs(value - other[at]) < ALIKE);
  for (const later of table.keys())
    for (let early = 0; early < later; early++)
      if (alike(table[early], table[later])) return [early, later];
}

/** The smallest and the largest change from row to row: the root of the features' mean square. */
function steps(table) {
  const sizes = table.slice(1).map((row, index) => {
    const change = row.map((value, feature) => value - table[index][feature]);
    return Math.sqrt(product(change, change) / row.length);
  });
  return [Math.min(...sizes), Math.max(...sizes)];
}

/** Is every step the same, in this table and in one twice as long? */
function evenness(rule, size, table) {
  const near = (one, other) => Math.abs(one - other) <= 0.01 * Math.max(one, other);
  const double = { ...size, length: 2 * size.length };
  const [least, most] = steps(table);
  const [longer] = steps(rows(rule, double, 2));
  if (!near(least, most)) return [false, `from ${number(least)} to ${number(most)}`];
  if (near(least, longer)) return [true, `always ${number(least)}`];
  return [false, `${number(least, 3)}; at length ${double.length}: ${number(longer, 3)}`];
}

/** Is there a row twice as far out that keeps to the bound? */
function reach(scheme, rule, size) {
  const last = 2 * size.length - 1;
  if (scheme === "random vectors") return [false, `no rule tells row ${last}`];
  const most = largest(rows(rule, size, last + 1));
  return [most <= 1, `values up to ${amount(most)} by row ${last}`];
}

/** The four demands: name, whether the scheme keeps it, and a number that shows it. */
function demands(scheme, rule, size) {
  const table = rows(rule, size);
  const most = largest(table);
  const pair = twins(table);
  return [
    ["bounded", most <= 1, `values up to ${amount(most)}`],
    ["unique", !pair, pair ? `rows ${pair.join(" and ")} nearly equal` : "no two rows equal"],
    ["same step", ...evenness(rule, size, table)],
    ["no end", ...reach(scheme, rule, size)],
  ];
}

/** A list of the demands that can be shown for one scheme after another. */
function verdicts() {
  const node = element("ul", { class: "verdicts" });
  const item = ([name, kept, evidence]) => {
    const words = [name, evidence].map((part) => element("span", {}, part));
    return element("li", {}, element("b", {}, kept ? "✓ keeps" : "✗ breaks"), ...words);
  };
  const show = (scheme, rule, size) =>
    node.replaceChildren(...demands(scheme, rule, size).map(item));
  return { node, show };
}
