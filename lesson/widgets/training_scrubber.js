// A training that can be wound back. `snapshots` grow while it runs; whatever is drawn of them is
// computed here, since Python is busy training.

const THUMBNAILS = 10;
const HINT =
  "Click a cell to follow its weight through the training. Attention maps are evidence about " +
  "this model on this sentence, not explanations.";

/** The snapshot that is shown; beyond the newest is the newest. */
function shown(model) {
  const snapshots = model.get("snapshots");
  return snapshots[Math.min(model.get("at"), snapshots.length - 1)];
}

/** 0 and round numbers up to `top`, about four of them, and the last one at or above it. */
function ticks(top) {
  const power = 10 ** Math.floor(Math.log10(top / 4));
  const step = power * [1, 2, 5, 10].find((factor) => 4 * factor * power >= top);
  const length = Math.ceil(top / step - 1e-9) + 1;
  return Array.from({ length }, (_, at) => Number((at * step).toPrecision(6)));
}

/** The powers of ten around some numbers. */
function decades(values) {
  const powers = values.map((value) => Math.log10(Math.max(value, 1e-6)));
  const [low, high] = [Math.floor(Math.min(...powers)), Math.ceil(Math.max(...powers))];
  const length = Math.max(high, low + 1) - low + 1;
  return Array.from({ length }, (_, at) => Number((10 ** (low + at)).toPrecision(1)));
}

/** An axis along these ticks. */
function axis(marks, rest) {
  return { from: marks[0], to: marks.at(-1), ticks: marks, ...rest };
}

/** The steps as an axis; the last one is where the run is now. */
function steps(model) {
  const last = Math.max(1, model.get("snapshots").at(-1).step);
  return { from: 0, to: last, ticks: ticks(last).filter((tick) => tick <= last), label: "step" };
}

/** The loss over the steps, and what it means. */
function loss(model) {
  const whole = model.get("snapshots").filter((one) => one.loss !== null);
  const own = whole.map((one) => [one.step, one.loss]);
  const batches = model.get("losses");
  const log = model.get("logarithmic");
  const values = [...own, ...batches].map(([, value]) => value);
  const label = { label: "loss in nats", log };
  const now = shown(model);
  const picture = chart({
    caption: `loss over ${own.length} snapshots`,
    x: steps(model),
    y: log ? axis(decades(values), label) : axis(ticks(Math.max(...values, 1e-6)), label),
    marks: [{ at: now.step, look: "there" }],
    lines: [
      { points: batches, look: "batches" },
      { points: own, look: "first" },
    ],
    dots: now.loss === null ? [] : [{ points: [[now.step, now.loss]], look: "here" }],
  });
  const result = now.result === null ? "" : ` Evaluation: ${number(now.result)}.`;
  if (now.loss === null)
    return [picture, `Step ${now.step}: the loss is no number any more.${result}`];
  const nats = number(now.loss);
  const chance = `e^−${nats} = ${number(Math.exp(-now.loss))}`;
  const told = `Step ${now.step}: loss ${nats}. The right answer gets a share of about ${chance}.`;
  return [picture, told + result];
}

/** One number of a map: the weight of the chosen cell, or how sharp the rows are. */
function measure(model, snapshot) {
  const map = chosenMap(model, snapshot.weights);
  const [query, key] = model.get("cell");
  if (query !== undefined) return map[query][key] ?? 0;
  return map.reduce((sum, row) => sum + Math.max(...row), 0) / map.length;
}

/** That number over the steps. */
function course(model) {
  const points = model.get("snapshots").map((one) => [one.step, measure(model, one)]);
  const { rows, columns } = mapWords(model);
  const [query, key] = model.get("cell");
  const average = "Largest weight of a row, on average";
  const name = query === undefined ? average : `“${rows[query]}” → “${columns[key]}”`;
  const [first, now] = [points[0], [shown(model).step, measure(model, shown(model))]];
  const picture = chart({
    caption: `${name}, over ${points.length} snapshots`,
    x: steps(model),
    y: axis([0, 0.5, 1], { label: "weight" }),
    marks: [{ at: now[0], look: "there" }],
    lines: [{ points, look: "first" }],
    dots: [{ points: [now], look: "here" }],
  });
  const [before, after] = [first, now].map(([step, value]) => `${number(value)} at step ${step}`);
  return [picture, `${name}: ${before}, ${after}.`];
}

/** A picture and its words, drawn anew by `show`. */
function live(title, make) {
  const [box, words] = [element("div"), element("p", { class: "words" })];
  const show = () => {
    const [picture, text] = make();
    box.replaceChildren(picture);
    words.textContent = text;
  };
  return { node: panel(title, box, words), show };
}

/** The map of the step that is shown; a cell that is picked is followed through all steps. */
function map(model) {
  const words = mapWords(model);
  const pick = (i, j) => {
    const again = String(model.get("cell")) === String([i, j]);
    put(model, "cell", again ? [] : [i, j]);
  };
  const caption = `weights (query ${words.rows.length} × key ${words.columns.length})`;
  const table = matrix({ caption, ...words, pick });
  const node = element("div", { class: crowd(words.columns, 2) }, table.node);
  const show = () => {
    const values = chosenMap(model, shown(model).weights);
    table.show({ values, mask: seen(values), picked: model.get("cell") });
  };
  return { node, show };
}

/** A film of small maps, evenly spread over the run. */
function film(model) {
  const group = { role: "group", "aria-label": "the map at some steps" };
  const node = element("div", { class: "film", ...group });
  const still = (at) => {
    const snapshot = model.get("snapshots")[at];
    const values = chosenMap(model, snapshot.weights);
    const cell = (x, y) => {
      const size = { width: 1, height: 1, "fill-opacity": values[y][x] };
      return values[y][x] > 0.02 ? [element("rect", { x, y, ...size })] : [];
    };
    const cells = values.flatMap((row, y) => row.flatMap((_, x) => cell(x, y)));
    const viewBox = `0 0 ${values[0].length} ${values.length}`;
    const picture = element("svg", { viewBox, preserveAspectRatio: "none" }, ...cells);
    const press = {
      "aria-label": `go to step ${snapshot.step}`,
      onclick: () => put(model, "at", at),
    };
    return element("button", press, picture, element("span", {}, snapshot.step));
  };
  const show = () => {
    const last = model.get("snapshots").length - 1;
    const length = Math.min(THUMBNAILS, last + 1);
    const place = (_, n) => Math.round((last * n) / Math.max(1, length - 1));
    const places = Array.from({ length }, place);
    const distances = places.map((at) => Math.abs(at - Math.min(model.get("at"), last)));
    const nearest = distances.indexOf(Math.min(...distances));
    const focused = [...node.children].indexOf(document.activeElement);
    node.replaceChildren(...places.map(still));
    node.children[nearest].setAttribute("aria-current", "step");
    if (focused >= 0) node.children[Math.min(focused, last)].focus();
  };
  return { node, show };
}

/** Go along with a run: to each new snapshot while `live`, else stay at the step that is shown. */
function follow(model, bar) {
  let step = shown(model).step;
  draw(model, ["snapshots"], () => {
    const snapshots = model.get("snapshots");
    const last = snapshots.length - 1;
    const distances = snapshots.map((one) => Math.abs(one.step - step));
    bar.max = last;
    put(model, "at", model.get("live") ? last : distances.indexOf(Math.min(...distances)));
  });
  draw(model, ["at"], () => {
    step = shown(model).step;
    if (model.get("live") && step < model.get("snapshots").at(-1).step) put(model, "live", false);
  });
  model.on("change:live", () => {
    if (model.get("live")) put(model, "at", model.get("snapshots").length - 1);
  });
}

function render({ model, el }) {
  begin(el, "training-scrubber");
  const read = (at) =>
    `${model.get("snapshots")[Math.min(at, model.get("snapshots").length - 1)].step}`;
  const count = () => model.get("snapshots").length;
  const strip = player(model, "at", el, { count, read, pause: 500 });
  follow(model, strip.querySelector("input"));
  const saved = `Saved steps of a training. Another training ${NEEDS_PYTHON}.`;
  const going = model.alone
    ? element("span", { class: "note" }, saved)
    : toggle(model, "live", "live: go to each new snapshot");
  const pieces = [
    live("How wrong it is", () => loss(model)),
    live("One number of the map below", () => course(model)),
    film(model),
  ];
  const place = element("div");
  let table = map(model);
  const update = () => {
    for (const piece of [...pieces, table]) piece.show();
  };
  const build = () => {
    table = map(model);
    place.replaceChildren(table.node);
    if (model.get("cell").length) put(model, "cell", []);
    update();
  };
  const looks = element("div");
  el.append(
    columns(pieces[0].node, pieces[1].node),
    element(
      "div",
      { class: "row middle" },
      looks,
      toggle(model, "logarithmic", "logarithmic loss"),
    ),
    element("div", { class: "row middle" }, strip, going),
    mapChoices(model),
    element("div", { class: "row" }, place, pieces[2].node),
    element("p", { class: "note" }, HINT),
  );
  draw(model, ["losses"], () => {
    const run = model.get("losses").length ? [["batches", "the batches of the run"]] : [];
    looks.replaceChildren(legend(["first", "this sentence"], ...run, ["there", "the step shown"]));
  });
  draw(model, ["words", "unknown", "part"], build);
  draw(model, ["snapshots", "losses", "at", "logarithmic", "layer", "head", "cell"], update);
}

export default { render };
