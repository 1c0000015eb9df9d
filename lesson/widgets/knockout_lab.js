// A trained translator before and after parts of it are taken out. Python tries what is taken out;
// a page of its own brings along what came of some single parts.

const CAUTION =
  "The model was trained with everything that you take out here. What breaks shows how much this " +
  "model leans on it, not how well a model would do that was trained without it.";

/** What came of what is taken out now; null until Python has tried it. */
function result(model) {
  const out = model.get("out");
  if (!out.length) return model.get("before");
  if (out.length === 1 && model.get("singles")?.[out[0]]) return model.get("singles")[out[0]];
  return String(model.get("after").out) === String(out) ? model.get("after") : null;
}

/** A translation: each word, and whether it is marked. */
function sentence(list, marks, tag) {
  return list.map((word, at) => element(marks[at] ? tag : "span", {}, word));
}

/** What is written with and without the parts. */
function writing(model) {
  const [source, whole, rest] = ["source", "whole model", "taken out"].map((name) => {
    const [note, text] = ["note", "text"].map((part) => element("span", { class: part }));
    note.append(name);
    return { text, node: element("div", { class: "line" }, note, text) };
  });
  const verdict = element("p", { class: "words", role: "status" });
  const show = (after) => {
    const before = model.get("before");
    const [unknown] = model.get("unknown").encoder;
    const words = model.get("words").encoder[0].map((word) => wordNode(word, unknown));
    source.text.replaceChildren(...words);
    whole.text.replaceChildren(...sentence(before.written, after.lost, "s"));
    rest.text.replaceChildren(...sentence(after.written, after.new, "mark"));
    const [gone, come] = [after.lost, after.new].map((marks) => marks.filter(Boolean).length);
    if (!model.get("out").length) verdict.textContent = "Nothing is taken out yet.";
    else if (gone + come) verdict.textContent = `Words gone: ${gone}. Words that are new: ${come}.`;
    else verdict.textContent = "The translation stays the same, word by word.";
  };
  const title = element("div", { class: "title" }, "What it writes");
  return { node: element("div", {}, title, source.node, whole.node, rest.node, verdict), show };
}

/** How often it is right, as two bars. */
function score(model) {
  const sample = model.get("sample");
  const bar = (name) => {
    const [fill, read] = [element("span", { class: "fill" }), element("output")];
    const track = element("span", { class: "track" }, fill);
    const note = element("span", { class: "note" }, name);
    const node = element("div", { class: "line" }, note, track, read);
    const show = (right) => {
      fill.style.width = `${(100 * right) / sample}%`;
      read.textContent = `${number(right / sample)} (${right})`;
    };
    return { node, show };
  };
  const [whole, rest] = [bar("whole model"), bar("taken out")];
  const show = (after) => {
    whole.show(model.get("before").right);
    rest.show(after.right);
  };
  const title = element("div", { class: "title" }, "How often it is right");
  const says = `share of ${sample} held-out sentences that are translated exactly, word by word`;
  const note = element("p", { class: "note" }, says);
  return { node: element("div", {}, title, whole.node, rest.node, note), show };
}

/** The same map before and after, and what changed. */
function maps(model) {
  const words = mapWords(model);
  const { rows, columns } = words;
  const told = element("p", { class: "words" });
  let [before, after] = [[], []];
  const tell = (i, j, what = "") => {
    if (i === null) return most();
    const read = (map) => (map[i][j] === null ? "hidden" : number(map[i][j]));
    const change = `${read(before)} in the whole model, ${read(after)} now`;
    told.textContent = `${what}“${rows[i]}” → “${columns[j]}”: ${change}.`;
  };
  const change = () =>
    after.map((row, i) => row.map((value, j) => (value ?? 0) - (before[i][j] ?? 0)));
  const most = () => {
    const sizes = change().flat().map(Math.abs);
    const largest = Math.max(...sizes);
    const at = sizes.indexOf(largest);
    if (largest < 0.001) told.textContent = "No weight of this map changes.";
    else tell(Math.floor(at / columns.length), at % columns.length, "The largest change: ");
  };
  const table = (caption) => matrix({ caption, ...words, pick: tell, hover: tell });
  const shape = `(query ${rows.length} × key ${columns.length})`;
  const names = [`whole model ${shape}`, "taken out", "difference: now − before"];
  const [whole, rest, apart] = names.map(table);
  const show = (result) => {
    const both = [model.get("before"), result];
    [before, after] = both.map(({ weights }) => chosenMap(model, weights));
    whole.show({ values: before, mask: seen(before) });
    rest.show({ values: after, mask: seen(after) });
    const either = after.map((row, i) => row.map((value, j) => value ?? before[i][j]));
    apart.show({ values: change(), signed: true, mask: seen(either) });
    most();
  };
  const row = element(
    "div",
    { class: `row ${crowd(columns, 3)}` },
    whole.node,
    rest.node,
    apart.node,
  );
  return { node: element("div", {}, row, told), show };
}

/** The sentence as a text to edit, and what became of it. */
function asking(model) {
  const read = () => ask(model, "read", input.value);
  const { input, node } = textInput(model, "sentence", "sentence", read, 40);
  const title = model.alone ? `Another text ${NEEDS_PYTHON}.` : "translate this sentence (Enter)";
  const button = element("button", { onclick: read, disabled: Boolean(model.alone), title });
  button.append("translate");
  const alone = `One thing at a time: taking out several, and another sentence, ${NEEDS_PYTHON}.`;
  return element("div", {}, node, button, message(model, alone));
}

function render({ model, el }) {
  begin(el, "knockout-lab");
  const [boards, pictures] = ["boards", "pictures"].map((name) => element("div", { class: name }));
  const back = element("button", { onclick: () => put(model, "out", []) }, "put everything back");
  const switches = cards(model);
  const results = [writing(model), score(model)];
  let [keys, map] = [[], null];
  const update = () => {
    const now = result(model);
    back.disabled = !model.get("out").length;
    el.classList.toggle("waiting", !now);
    for (const piece of [switches, ...keys]) piece.show();
    if (now) for (const piece of [...results, map]) piece.show(now);
  };
  const build = () => {
    [keys, map] = [[words(model), heads(model)], maps(model)];
    boards.replaceChildren(...keys.map(({ node }) => node));
    pictures.replaceChildren(map.node);
    update();
  };
  el.append(
    asking(model),
    element("div", { class: "title" }, "Take out ", back),
    switches.node,
    boards,
    element("div", { class: "results" }, ...results.map(({ node }) => node)),
    element("p", { class: "note" }, CAUTION),
    element("div", { class: "title" }, "Where it looks, while it reads what the whole model wrote"),
    mapChoices(model),
    pictures,
  );
  draw(model, ["offered", "words", "unknown", "part"], build);
  draw(model, ["out", "before", "after", "layer", "head"], update);
}

export default { render };
