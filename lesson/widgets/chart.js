// Lines, bars and marks in axes: for views that show how one number moves with another.
// A chart is drawn anew each time; it is small, and its box never changes its size.

const MARGIN = { left: 44, right: 16, top: 20, bottom: 34 };

/** Where a value lies on an axis, from 0 to 1; values outside stay at its ends. */
function share({ from, to, log }, value) {
  const part = log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return Math.max(0, Math.min(1, part));
}

/** An axis runs from … to and has a label, ticks, perhaps `log`, and `read` for its numbers.
    bars, lines, dots: [{ points: [[x, y], …], look }], looks being classes of chart.css;
    a bar is `wide` in units of x, and `write` puts a number on it; marks: [{ at: x, look }] */
function chart({ caption, x, y, bars = [], lines = [], dots = [], marks = [] }) {
  const [width, height] = [370, 190];
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const across = (value) => MARGIN.left + share(x, value) * (right - MARGIN.left);
  const down = (value) => bottom - share(y, value) * (bottom - MARGIN.top);
  const line = (x1, y1, x2, y2, look) => element("line", { x1, y1, x2, y2, class: look });
  const word = (text, left, top, anchor = "middle") =>
    element("text", { x: left, y: top, "text-anchor": anchor }, text);
  const bar = ({ points, wide, look, write }) =>
    points.flatMap(([h, v]) => {
      const [start, end] = [across(h - wide / 2), across(h + wide / 2)];
      const box = {
        x: start,
        y: down(v),
        width: end - start,
        height: bottom - down(v),
        class: look,
      };
      return [element("rect", box), ...(write ? [word(write(v), across(h), down(v) - 4)] : [])];
    });
  const curve = ({ points, look }) =>
    element("polyline", {
      points: points.map(([h, v]) => `${across(h)},${down(v)}`).join(" "),
      class: look,
    });
  const dot = ({ points, look }) =>
    points.map(([h, v]) => element("circle", { cx: across(h), cy: down(v), r: 4, class: look }));
  const scale = [
    ...y.ticks.flatMap((tick) => [
      line(MARGIN.left, down(tick), right, down(tick), "rule"),
      word((y.read ?? String)(tick), MARGIN.left - 7, down(tick) + 4, "end"),
    ]),
    ...x.ticks.map((tick) => word((x.read ?? String)(tick), across(tick), bottom + 14)),
    word(x.label, (MARGIN.left + right) / 2, height - 4),
    word(y.label, 2, 11, "start"),
  ];
  return element(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${width} ${height}`,
      width,
      role: "img",
      "aria-label": caption,
    },
    ...scale,
    ...bars.flatMap(bar),
    ...marks.map(({ at, look }) => line(across(at), MARGIN.top, across(at), bottom, look)),
    ...lines.map(curve),
    ...dots.flatMap(dot),
  );
}

/** Parts side by side, or below each other on a narrow page. */
const columns = (...parts) => element("div", { class: "columns" }, ...parts);

/** A part of a view under its title, which is words or a node. */
const panel = (title, ...parts) =>
  element("div", { class: "panel" }, element("div", { class: "title" }, title), ...parts);

/** What the looks in a chart mean: a sample of each and its words; a `ring` is a dot. */
function legend(...entries) {
  const sample = ([look, words]) => {
    const ring = element("circle", { cx: 11, cy: 5, r: 4, class: look });
    const line = element("line", { x1: 0, y1: 5, x2: 22, y2: 5, class: look });
    const drawn = look === "ring" ? ring : line;
    const svg = element("svg", { class: "chart", width: 22, height: 10 }, drawn);
    return element("span", {}, svg, ` ${words}`);
  };
  return element("div", { class: "legend" }, ...entries.map(sample));
}
