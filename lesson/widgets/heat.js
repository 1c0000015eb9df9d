// A large table as coloured cells on a canvas: blue above 0, red below, orange beyond ±1.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Red, green and blue of one of view.css's colours, which a node on the page knows. */
function paint(node, name) {
  const hex = getComputedStyle(node).getPropertyValue(name).trim();
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

/** A heat map whose cells are read with the mouse and chosen with a click or the arrow keys.
    down, across: what rows and columns are called; read(row, column): a cell in words
    pick(row, column): a cell was chosen
    returns { node, show(values), choose(row, column) }; choose frames the row, and the pair of
    columns (0 and 1, 2 and 3, …) that the cell belongs to */
function heat({ caption, down, across, read, pick }) {
  let values = [[0]];
  let chosen = [0, 0];
  const label = `${caption}: arrow keys choose a cell`;
  const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": label });
  const frames = element("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
  const reading = element("output", { class: "words", "aria-live": "polite" });
  const ends = (word) =>
    element("div", { class: "ends" }, "0", element("span", {}, word), element("span"));
  const [top, left] = [ends(across), ends(down)];
  const tell = ([row, column]) => {
    reading.textContent = read(row, column);
  };
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    const cell = (part, count) => Math.max(0, Math.min(count - 1, Math.floor(part * count)));
    return [
      cell((event.clientY - box.top) / box.height, values.length),
      cell((event.clientX - box.left) / box.width, values[0].length),
    ];
  };
  const fill = () => {
    if (!canvas.isConnected) return;
    const hues = ["--plus", "--minus", "--accent"].map((name) => paint(canvas, name));
    const [plus, minus, beyond] = hues;
    const image = new ImageData(values[0].length, values.length);
    for (const [index, value] of values.flat().entries()) {
      const hue = Math.abs(value) > 1 ? beyond : value < 0 ? minus : plus;
      image.data.set(hue, 4 * index);
      image.data[4 * index + 3] = 255 * Math.abs(value); // the paper shines through small values
    }
    [canvas.width, canvas.height] = [values[0].length, values.length];
    canvas.getContext("2d").putImageData(image, 0, 0);
  };
  const frame = (x, y, width, height) => element("rect", { x, y, width, height });
  canvas.addEventListener("mousemove", (event) => tell(under(event)));
  canvas.addEventListener("mouseleave", () => tell(chosen));
  canvas.addEventListener("click", (event) => pick(...under(event)));
  canvas.addEventListener("keydown", (event) => {
    if (!STEPS[event.key]) return;
    const [row, column] = chosen.map((place, axis) => place + STEPS[event.key][axis]);
    if (values[row]?.[column] !== undefined) pick(row, column);
    event.preventDefault();
    event.stopPropagation();
  });
  new ResizeObserver(fill).observe(canvas); // the first time it is on the page, too
  const cells = element("div", { class: "cells" }, canvas, frames);
  const node = element("div", { class: "heat" }, top, left, cells, reading);
  const show = (rows) => {
    values = rows;
    top.lastChild.textContent = rows[0].length - 1;
    left.lastChild.textContent = rows.length - 1;
    frames.setAttribute("viewBox", `0 0 ${rows[0].length} ${rows.length}`);
    fill();
    choose(...chosen);
  };
  const choose = (row, column) => {
    chosen = [row, column];
    const pair = frame(column & ~1, 0, 2, values.length);
    frames.replaceChildren(frame(0, row, values[0].length, 1), pair);
    tell(chosen);
  };
  return { node, show, choose };
}
