// What all views draw with. A view is a function `render({ model, el })` below these.
// State lives in the model alone: a control sets it, and whoever listens draws again.

const SVG = new Set(["svg", "g", "path", "line", "rect", "circle", "text", "polyline", "title"]);
const NEEDS_PYTHON = "needs Python: run this cell in a notebook";
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** element("button", { class: "key", onclick: press, disabled: false }, "Go") */
function element(tag, attributes = {}, ...children) {
  const node = SVG.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") node.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Make `el` a view: its looks, its role, and keys that JupyterLab leaves alone. */
function begin(el, name) {
  el.classList.add("live-view", name);
  el.setAttribute("role", "group");
  // JupyterLab takes keys for itself unless the focused element says otherwise.
  el.addEventListener("focusin", (event) =>
    event.target.setAttribute("data-lm-suppress-shortcuts", "true"),
  );
}

/** Set a part of the state, draw it, and send it to the kernel, if there is one. */
function put(model, name, value) {
  model.set(name, value);
  model.save_changes();
  drawAll(model);
}

const drawings = new WeakMap(); // model → what is drawn from it, first things first

/** Draw now, and again whenever one of these parts of the state changes. What Python sends together
    is drawn when all of it has come, in the order in which the drawings were announced. */
function draw(model, names, show) {
  if (!drawings.has(model)) drawings.set(model, []);
  let drawn = null;
  const look = () => {
    const now = names.map((name) => model.get(name));
    if (drawn && now.every((value, index) => Object.is(value, drawn[index]))) return;
    drawn = now;
    show();
  };
  drawings.get(model).push(look);
  for (const name of names) model.on(`change:${name}`, () => queueMicrotask(() => drawAll(model)));
  look();
}

/** Draw what has changed since it was drawn. */
function drawAll(model) {
  for (const look of drawings.get(model) ?? []) look();
}

/** Ask Python for one of the methods that its view calls askable, with texts as arguments. */
function ask(model, verb, ...args) {
  if (!model.alone) model.send({ verb, args });
}

/** A word, marked when it is one of those that the vocabulary does not hold. */
function wordNode(word, unknown) {
  return element("span", { class: unknown.includes(word) ? "unknown" : "" }, word);
}

/** Numbers as the course prints them: fixed decimals and a real minus sign. */
function number(value, decimals = 2) {
  if (value === null || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const text = value.toFixed(decimals);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/** A labelled slider bound to the state `name`, from min to max or along a list of `values`;
    `read` turns its value into words. */
function slider(
  model,
  name,
  label,
  { values, min = 0, max = values?.length - 1, step = 1, read = String },
) {
  const input = element("input", { type: "range", min, max, step });
  const reading = element("output");
  input.addEventListener("input", () =>
    put(model, name, values ? values[input.value] : Number(input.value)),
  );
  draw(model, [name], () => {
    input.value = values ? values.indexOf(model.get(name)) : model.get(name);
    reading.textContent = read(model.get(name));
    input.setAttribute("aria-valuetext", reading.textContent);
  });
  return element("label", { class: "control" }, element("span", {}, label), input, reading);
}

/** A labelled checkbox bound to the state `name`. */
function toggle(model, name, label) {
  const input = element("input", { type: "checkbox" });
  input.addEventListener("change", () => put(model, name, input.checked));
  draw(model, [name], () => {
    input.checked = model.get(name);
  });
  return element("label", { class: "control" }, input, element("span", {}, label));
}

/** A labelled list to choose from, bound to the state `name`; `options` are words. */
function choice(model, name, label, options) {
  const list = element("select", {}, ...options.map((option) => element("option", {}, option)));
  list.addEventListener("change", () => put(model, name, list.value));
  draw(model, [name], () => {
    list.value = model.get(name);
  });
  return element("label", { class: "control" }, element("span", {}, label), list);
}

/** Back, play, forward and a scrub bar over the steps 0 … count − 1 of the state `name`.
    Space plays and pauses, arrows step, wherever the focus is inside `el`. */
function player(model, name, el, { count, read = String, pause = 1200 }) {
  let timer = null;
  const last = () => count() - 1;
  const go = (step) => put(model, name, Math.max(0, Math.min(last(), step)));
  const rest = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶";
    play.setAttribute("aria-label", "play");
  };
  const tick = () => (model.get(name) >= last() ? rest() : go(model.get(name) + 1));
  const press = () => {
    if (timer) return rest();
    if (model.get(name) >= last()) go(0);
    timer = setInterval(tick, CALM ? 2 * pause : pause);
    play.textContent = "❚❚";
    play.setAttribute("aria-label", "pause");
  };
  const step = (by) => () => {
    rest();
    go(model.get(name) + by);
  };
  const back = element("button", { "aria-label": "one step back", onclick: step(-1) }, "◀");
  const play = element("button", { "aria-label": "play", onclick: press }, "▶");
  const forward = element("button", { "aria-label": "one step forward", onclick: step(1) });
  forward.append("▶❙");
  const bar = slider(model, name, "step", { max: Math.max(0, last()), read });
  el.addEventListener("keydown", (event) => {
    if (event.target.matches("input[type=text], input[type=range], select, [role=gridcell]"))
      return;
    if (event.key === "ArrowRight") step(1)();
    else if (event.key === "ArrowLeft") step(-1)();
    else if (event.key === " " && !event.target.matches("button, input")) press();
    else return;
    event.preventDefault();
  });
  return element("div", { class: "player" }, back, play, forward, bar);
}

/** The colour of a value: blue for 0 … limit; with `signed`, blue above 0 and red below. */
function colour(value, limit = 1, signed = false) {
  const share = Math.round(100 * Math.min(1, Math.abs(value) / (limit || 1)));
  const hue = signed && value < 0 ? "var(--minus)" : "var(--plus)";
  return `color-mix(in srgb, ${hue} ${share}%, var(--paper))`;
}

/** A matrix as a table of cells that can be picked with mouse, Enter or arrow keys.
    rows, columns: the words beside and above; unknown: those to mark, beside and above
    pick(row, column): a cell was chosen
    returns { node, show({ values, mask, limit, signed, picked, decimals }) } */
function matrix({ caption, rows, columns, unknown = [[], []], pick = () => {}, hover = () => {} }) {
  const take = (i, j) => {
    reach(i, j);
    pick(i, j);
  };
  const cells = rows.map((_, i) =>
    columns.map((_, j) =>
      element("td", {
        role: "gridcell",
        tabindex: i || j ? -1 : 0,
        onclick: () => take(i, j),
        onmouseenter: () => hover(i, j),
      }),
    ),
  );
  const reach = (i, j) => {
    for (const cell of cells.flat()) cell.tabIndex = -1;
    cells[i][j].tabIndex = 0;
    cells[i][j].focus({ preventScroll: true });
  };
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const keys = (event) => {
    const [i, j] = [event.target.parentNode.rowIndex - 1, event.target.cellIndex - 1];
    if (event.key === "Enter" || event.key === " ") pick(i, j);
    else if (moves[event.key]) {
      const [down, right] = moves[event.key];
      if (cells[i + down]?.[j + right]) reach(i + down, j + right);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const title = (scope, words) => (word) => element("th", { scope }, wordNode(word, words));
  const head = element("tr", {}, element("td"), ...columns.map(title("col", unknown[1])));
  const beside = rows.map(title("row", unknown[0]));
  const body = rows.map((_, i) => element("tr", {}, beside[i], ...cells[i]));
  const node = element(
    "table",
    { class: "matrix", role: "grid", "aria-label": caption, onkeydown: keys },
    element("caption", {}, caption),
    head,
    ...body,
  );
  node.addEventListener("mouseleave", () => hover(null, null));
  const fill = (i, j, value, { mask, limit = 1, signed = false, picked, decimals = 2 }) => {
    const cell = cells[i][j];
    const hidden = mask && !mask[i][j];
    const dark = Math.abs(value) > 0.6 * limit;
    cell.textContent = hidden ? "" : number(value, decimals);
    cell.className = hidden ? "hidden" : dark ? "dark" : "";
    cell.style.background = hidden ? "" : colour(value, limit, signed);
    const said = hidden ? "hidden" : cell.textContent;
    cell.setAttribute("aria-label", `${rows[i]}, ${columns[j]}: ${said}`);
    cell.setAttribute("aria-selected", picked?.[0] === i && picked[1] === j);
  };
  const show = ({ values, ...how }) => {
    for (const [i, row] of values.entries())
      for (const [j, value] of row.entries()) fill(i, j, value, how);
  };
  return { node, show };
}

/** softmax of numbers, of which those without mask count as 0; all 0 where nothing is visible. */
function softmax(scores, visible = scores.map(() => true)) {
  const top = Math.max(...scores.filter((_, index) => visible[index]));
  const parts = scores.map((score, index) => (visible[index] ? Math.exp(score - top) : 0));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => (sum ? part / sum : 0));
}
