// Where am I, told by waves: the table, one pair of its features, and how positions compare.

const BASES = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
const FARTHEST = 64; // the largest distance drawn
const TURN = 2 * Math.PI;
const NOTE =
  "Blue is above 0, red below, orange beyond ±1. The waves have no end; " +
  "whether a trained model understands rows that it never saw is another question.";

const sizes = (model) =>
  Object.fromEntries(["length", "d_model", "base"].map((name) => [name, model.get(name)]));
const lines = (...words) => words.map((line) => element("div", {}, line));

/** The table and, beside it, a scheme that was given up, with what is demanded of both. */
function tables(model) {
  let odd = 0; // 1 while the cosine of the pair is the chosen cell
  const pick = (position, feature) => {
    odd = feature % 2;
    put(model, "position", position);
    put(model, "pair", feature >> 1);
    choose(); // within a pair, the state stays as it is
  };
  const choose = () => {
    const place = [model.get("position"), 2 * model.get("pair") + odd];
    for (const map of [left, right]) map.choose(...place);
  };
  const cell = (position, feature) => `position ${position}, feature ${feature}: `;
  const wave = (position, feature) => {
    const slow = amount(1 / pace(feature >> 1, sizes(model)));
    const value = number(waves(position, sizes(model))[feature]);
    const name = feature % 2 ? "cos" : "sin";
    return `${cell(position, feature)}${name}(${position} / ${slow}) = ${value}`;
  };
  const rule = () => SCHEMES[model.get("scheme")];
  const other = (position, feature) =>
    `${cell(position, feature)}${amount(rule()(position, sizes(model))[feature])}`;
  const map = (caption, read) => heat({ caption, down: "position", across: "feature", read, pick });
  const [left, right] = [map("sinusoids", wave), map("another scheme", other)];
  const [good, bad] = [verdicts(), verdicts()];
  const shape = element("span");
  draw(model, ["length", "base"], () => {
    const size = sizes(model);
    shape.textContent = `sinusoids: (length, d_model) = (${size.length}, ${size.d_model})`;
    left.show(rows(waves, size));
    good.show("sinusoids", waves, size);
  });
  draw(model, ["length", "scheme"], () => {
    right.show(rows(rule(), sizes(model)));
    bad.show(model.get("scheme"), rule(), sizes(model));
  });
  draw(model, ["position", "pair"], choose);
  const schemes = choice(model, "scheme", "beside it", Object.keys(SCHEMES));
  return columns(panel(shape, left.node, good.node), panel(schemes, right.node, bad.node));
}

/** The wave of a pair of features, in words. */
function wavelength(pair, size) {
  const long = TURN / pace(pair, size);
  const turns = size.length / long;
  const here = turns < 0.01 ? "under 0.01" : amount(turns);
  return `One turn takes ${amount(long)} positions: ${here} turns here.`;
}

/** The sine and the cosine of the chosen pair over the positions. */
function pairCurves(model) {
  const [name, box, words] = [element("span"), element("div"), element("div", { class: "words" })];
  draw(model, ["length", "base", "pair", "position", "offset"], () => {
    const size = sizes(model);
    const [pair, position, offset] = ["pair", "position", "offset"].map((part) => model.get(part));
    const last = size.length - 1;
    const fine = count(8 * last + 1).map((eighth) => eighth / 8);
    const curve = (wave) => fine.map((place) => [place, wave(place * pace(pair, size))]);
    const [here, there] = [position, position + offset];
    const marks = [
      { at: here, look: "here" },
      { at: there, look: "there" },
    ];
    const past = there > last ? " (past the table)" : "";
    name.textContent = `pair ${pair}: features ${2 * pair} and ${2 * pair + 1}`;
    const places = `p = ${here}, p + k = ${there}${past}`;
    words.replaceChildren(...lines(wavelength(pair, size), places));
    box.replaceChildren(
      chart({
        caption: `sine and cosine of pair ${pair} over ${size.length} positions`,
        x: { from: 0, to: last, ticks: [0, Math.round(last / 2), last], label: "position" },
        y: { from: -1, to: 1, ticks: [-1, 0, 1], read: (tick) => number(tick, 0), label: "value" },
        marks: marks.filter(({ at }) => at <= last),
        lines: [
          { points: curve(Math.sin), look: "first" },
          { points: curve(Math.cos), look: "second" },
        ],
      }),
    );
  });
  const looks = legend(["first", "sine"], ["second", "cosine"], ["here", "p"], ["there", "p + k"]);
  return panel(name, box, looks, words);
}

/** Two arrows on a circle: a pair of features, and the same pair `turned` further on. */
function compass(from, turned) {
  const [centre, radius] = [95, 78];
  const place = (angle, far = radius) => [
    centre + far * Math.cos(angle),
    centre - far * Math.sin(angle),
  ];
  const arrow = (angle, look) => {
    const barbs = [0.12, -0.12].map(
      (aside) => `M${place(angle)}L${place(angle + aside, radius - 11)}`,
    );
    return element("path", {
      class: look,
      d: `M${centre} ${centre}L${place(angle)}${barbs.join("")}`,
    });
  };
  const rest = turned % TURN;
  const arc = `M${place(from, 30)}A30 30 0 ${rest > Math.PI ? 1 : 0} 0 ${place(from + rest, 30)}`;
  const caption = "the pair as an arrow, at p and at p + k";
  return element(
    "svg",
    { class: "chart", viewBox: "0 0 190 190", width: 190, role: "img", "aria-label": caption },
    element("line", { x1: 8, x2: 182, y1: centre, y2: centre, class: "rule" }),
    element("line", { y1: 8, y2: 182, x1: centre, x2: centre, class: "rule" }),
    element("circle", { cx: centre, cy: centre, r: radius, class: "rule" }),
    element("text", { x: 189, y: centre - 5, "text-anchor": "end" }, "cos"),
    element("text", { x: centre + 5, y: 10 }, "sin"),
    element("path", { class: "first", d: arc }),
    arrow(from, "here"),
    arrow(from + turned, "there"),
  );
}

/** The rotation that takes the chosen pair from a position to one `offset` further on. */
function rotation(model) {
  const [box, sums] = [element("div"), element("div", { class: "words" })];
  draw(model, ["base", "pair", "position", "offset"], () => {
    const [pair, position, offset] = ["pair", "position", "offset"].map((part) => model.get(part));
    const step = pace(pair, sizes(model));
    const [from, turned] = [position * step, offset * step];
    const factor = (value) => (value < -0.005 ? `(${number(value)})` : number(value));
    const [sin, cos] = [Math.sin(from), Math.cos(from)].map(factor);
    const [s, c] = [Math.sin(turned), Math.cos(turned)].map(factor);
    const [up, over] = [Math.sin, Math.cos].map((wave) => number(wave(from + turned)));
    box.replaceChildren(compass(from, turned));
    const degrees = number((360 * turned) / TURN, 0);
    const told = [
      `${offset} steps of ${amount(step)} turn it by ${number(turned)} radians (${degrees}°).`,
      `The turn has cosine ${number(Math.cos(turned))} and sine ${number(Math.sin(turned))}.`,
      `sine at ${position + offset}: ${c} · ${sin} + ${s} · ${cos} = ${up}`,
      `cosine at ${position + offset}: ${c} · ${cos} − ${s} · ${sin} = ${over}`,
    ];
    sums.replaceChildren(...lines(...told));
  });
  const looks = legend(["here", "the pair at p"], ["there", "the pair at p + k"]);
  const says = "No p in the turn: one rotation shifts every position by k.";
  const note = element("div", { class: "note" }, says);
  const aside = panel("a shift by k turns the pair", looks, sums, note);
  return element("div", { class: "turning" }, box, aside);
}

/** PE(p) · PE(p + k) over the distance k, for two positions p. */
function distances(model) {
  const [box, products] = [element("div"), element("div", { class: "words" })];
  const ticks = { read: (tick) => number(tick, 0), label: "PE(p) · PE(p + k)" };
  draw(model, ["length", "base", "position", "offset"], () => {
    const size = sizes(model);
    const [position, offset] = [model.get("position"), model.get("offset")];
    const far = position + size.length;
    const at = (p, k) => product(waves(p, size), waves(p + k, size));
    const curve = (p) => count(FARTHEST + 1).map((k) => [k, at(p, k)]);
    const line = curve(position);
    const top = size.d_model / 2;
    const low = line.some(([, value]) => value < -top / 2) ? -top : -top / 2;
    box.replaceChildren(
      chart({
        caption: `dot products over the distance, from position ${position} and position ${far}`,
        x: { from: 0, to: FARTHEST, ticks: [0, 16, 32, 48, 64], label: "distance k" },
        y: { from: low, to: top, ticks: [low, 0, top], ...ticks },
        marks: [{ at: offset, look: "there" }],
        lines: [{ points: line, look: "first" }],
        dots: [{ points: curve(far).filter(([k]) => k % 2 === 0), look: "ring" }],
      }),
    );
    const told = (p) => `PE(${p}) · PE(${p + offset}) = ${number(at(p, offset))}`;
    products.replaceChildren(...lines(told(position), told(far)));
  });
  const says = "PE(p) is row p. Only the distance counts, not p.";
  const note = element("div", { class: "note" }, says);
  const looks = legend(["first", "from p"], ["ring", "from p, one table later"], ["there", "k"]);
  return panel("dot products of rows", box, looks, products, note);
}

function render({ model, el }) {
  begin(el, "position-explorer");
  const pair = slider(model, "pair", "pair", { max: model.get("d_model") / 2 - 1 });
  const position = slider(model, "position", "position p", { max: model.get("length") - 1 });
  const offset = slider(model, "offset", "offset k", { max: FARTHEST });
  el.append(
    columns(
      slider(model, "base", "base", { values: BASES, read: amount }),
      slider(model, "length", "length", { min: 8, max: 128 }),
    ),
    tables(model),
    element("div", { class: "note" }, NOTE),
    element("div", { class: "columns three" }, pair, position, offset),
    columns(pairCurves(model), distances(model)),
    rotation(model),
  );
  draw(model, ["length"], () => {
    const last = model.get("length") - 1;
    position.querySelector("input").max = last;
    if (model.get("position") > last) put(model, "position", last);
  });
}

export default { render };
