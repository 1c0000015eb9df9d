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

/** A translation: each word, and how it is marked. */
function sentence(list, marks, tag) {
  return list.map((word, at) => element(marks[at] ? tag : "span", {}, word));
}

/** What is written with and without the parts. */
function writing(model) {
  const [source, whole, rest] = ["source", "whole model", "taken out"].map((name) => {
    const text = element("span", { class: "text" });
    return { text, node: element("div", { class: "line" }, element("span", { class: "note" }, name), text) };
  });
  const verdict = element("p", { class: "words", role: "status" });
  const show = (after) => {
    const before = model.get("before");
    source.text.replaceChildren(...sentence(model.get("source"), [], "span"));
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
    const node = element("div", { class: "line" }, element("span", { class: "note" }, name), element("span", { class: "track" }, fill), read);
    const show = (right) => {
      fill.style.width = `${(100 * right) / sample}%`;
      read.textContent = `${number(right / sample)} (${right})`;
    };
    return { node, show };
  };
  const [whole, rest] = [bar("whole model"), bar("taken out")];
  const show = (after) => (whole.show(model.get("before").right), rest.show(after.right));
  const title = element("div", { class: "title" }, "How often it is right");
  const note = element("p", { class: "note" }, `share of ${sample} held-out sentences that are translated exactly, word by word`);
  return { node: element("div", {}, title, whole.node, rest.node, note), show };
}

/** The same map before and after, and what changed. */
function maps(model) {
  const { rows, columns } = mapWords(model);
  const told = element("p", { class: "words" });
  let [before, after] = [[], []];
  const tell = (i, j, what = "") => {
    if (i === null) return most();
    const read = (map) => (map[i][j] === null ? "hidden" : number(map[i][j]));
    told.textContent = `${what}“${rows[i]}” → “${columns[j]}”: ${read(before)} in the whole model, ${read(after)} now.`;
  };
  const change = () => after.map((row, i) => row.map((value, j) => (value ?? 0) - (before[i][j] ?? 0)));
  const most = () => {
    const sizes = change().flat().map(Math.abs);
    const largest = Math.max(...sizes);
    const at = sizes.indexOf(largest);
    if (largest < 0.001) told.textContent = "No weight of this map changes.";
    else tell(Math.floor(at / columns.length), at % columns.length, "The largest change: ");
  };
  const table = (name) => matrix({ caption: name, rows, columns, pick: tell, hover: tell });
  const shape = `(query ${rows.length} × key ${columns.length})`;
  const [whole, rest, apart] = [`whole model ${shape}`, "taken out", "difference: now − before"].map(table);
  const show = (result) => {
    [before, after] = [model.get("before"), result].map(({ weights }) => chosenMap(model, weights));
    whole.show({ values: before, mask: seen(before) });
    rest.show({ values: after, mask: seen(after) });
    apart.show({ values: change(), signed: true, mask: seen(after.map((row, i) => row.map((value, j) => value ?? before[i][j]))) });
    most();
  };
  const row = element("div", { class: `row ${crowd(columns, 3)}` }, whole.node, rest.node, apart.node);
  return { node: element("div", {}, row, told), show };
}

/** The sentence as a text to edit, and what went wrong with it. */
function asking(model) {
  const input = element("input", { type: "text", size: 40, readonly: Boolean(model.alone) });
  const send = () => model.send({ sentence: input.value });
  const button = element("button", { onclick: send, disabled: Boolean(model.alone), title: model.alone ? `another sentence ${NEEDS_PYTHON}` : "translate this sentence (Enter)" }, "translate");
  input.addEventListener("keydown", (event) => event.key === "Enter" && send());
  const message = element("p", { class: "note", role: "status" });
  draw(model, ["sentence"], () => (input.value = model.get("sentence")));
  draw(model, ["trouble", "source"], () => {
    const unknown = model.get("source").some((word) => word.endsWith("*")) ? "* not in the vocabulary, read as <unknown>" : "";
    const alone = model.alone ? `One thing at a time: taking out several, and another sentence, ${NEEDS_PYTHON}.` : "";
    message.textContent = model.get("trouble") ? `Not read: ${model.get("trouble")}` : unknown || alone;
    message.classList.toggle("trouble", model.get("trouble") !== "");
  });
  return element("div", {}, element("label", { class: "control" }, "sentence", input), button, message);
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
    [switches, ...keys].forEach((piece) => piece.show());
    if (now) [...results, map].forEach((piece) => piece.show(now));
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
  draw(model, ["offered", "source", "words", "part"], build);
  draw(model, ["out", "before", "after", "layer", "head"], update);
}

export default { render };
