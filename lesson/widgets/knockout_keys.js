// What can be taken out of a model: three parts, the words of the sentence, the heads.

/** What each switch does, in place and taken out. */
const SWITCHES = {
  positions: {
    label: "positions",
    in: () => "Each word's vector gets its place added.",
    out: () => "No word knows its place: the model reads a bag of words.",
  },
  scaling: {
    label: "÷ √d_head",
    in: (model) =>
      `Scores are divided by √d_head = √${model.get("d_head")}\u00a0=\u00a0${root(model)}.`,
    out: (model) => `Scores are ${root(model)} times as large, so softmax is sharper.`,
  },
  mask: {
    label: "causal mask",
    in: () => "A target word sees itself and those before it.",
    out: () => "It sees those after it, too. Only the newest has none.",
  },
};

/** √d_head, with decimals only where it has some. */
function root(model) {
  return number(Math.sqrt(model.get("d_head"))).replace(/\.?0+$/, "");
}

/** Take something out, or put it back; without Python only one thing is out at a time. */
function flip(model, name) {
  const before = model.get("out");
  const others = model.alone ? [] : before.filter((other) => other !== name);
  const out = before.includes(name) ? others : [...others, name];
  put(
    model,
    "out",
    model.get("offered").filter((one) => out.includes(one)),
  );
}

/** Whether there is such a thing to take out. */
function has(model, name) {
  return model.get("offered").includes(name);
}

/** A button that takes something out: pressed, it is out. `label` stands beside its mark. */
function key(model, name, title, label = "") {
  const mark = element("span", { class: "mark" });
  const press = { "aria-label": title, onclick: () => flip(model, name) };
  const node = element("button", { class: "key", ...press }, mark, label);
  const show = () => {
    const out = model.get("out").includes(name);
    const missing = model.alone && !model.get("singles")[name];
    const reason = !has(model, name) ? "not in this model" : missing ? NEEDS_PYTHON : "";
    node.disabled = reason !== "";
    node.title = reason ? `${title}: ${reason}` : title;
    node.ariaPressed = String(out);
    mark.textContent = out ? "✗" : label && "✓";
  };
  return { node, show };
}

/** The switches for the three parts, and what they do. */
function cards(model) {
  const card = ([name, { label, ...says }]) => {
    const button = key(model, name, `take out: ${label}`, label);
    const note = element("p", { class: "note" });
    const show = () => {
      button.show();
      const told = says[model.get("out").includes(name) ? "out" : "in"](model);
      note.textContent = has(model, name) ? told : "This model works without it.";
    };
    return { node: element("div", { class: "card" }, button.node, note), show };
  };
  const made = Object.entries(SWITCHES).map(card);
  const node = element("div", { class: "cards" }, ...made.map((one) => one.node));
  const show = () => {
    for (const one of made) one.show();
  };
  return { node, show };
}

/** A table of keys. columns: words or nodes; says: tells what is out
    rows: { name, keys: [[what is taken out, title], …] } */
function board(model, caption, columns, rows, says) {
  const note = element("p", { class: "note" });
  const title = (scope) => (word) => element("th", { scope }, word);
  const head = element("tr", {}, element("td"), ...columns.map(title("col")));
  const made = rows.map(({ keys }) => keys.map((one) => key(model, ...one)));
  const cells = made.map((keys) => keys.map(({ node }) => element("td", {}, node)));
  const beside = rows.map(({ name }) => title("row")(name));
  const body = beside.map((name, at) => element("tr", {}, name, ...cells[at]));
  const show = () => {
    for (const one of made.flat()) one.show();
    note.textContent = says(model.get("out"));
  };
  const table = element("table", {}, element("caption", {}, caption), head, ...body);
  return { node: element("div", {}, table, note), show };
}

/** The source words: hidden from everyone, or read as an unknown word. */
function words(model) {
  const source = model.get("words").encoder[0];
  const [unknown] = model.get("unknown").encoder;
  const row = (name, way) => ({
    name,
    keys: source.map((word, place) => [`word ${place} ${way}`, `“${word}”: ${name}`]),
  });
  const says = (out) => {
    const hidden = out.filter((name) => name.startsWith("word"));
    const places = hidden.map((name) => Number(name.split(" ")[1]));
    if (!places.length)
      return "Hidden: no query may look there. Unknown: the model reads <unknown> there.";
    const named = places.map((place) => `“${source[place]}”`).join(", ");
    const numbers = places.map((place) => place + 1).join(", ");
    return `Not read: ${named}. Every held-out sentence loses its word number ${numbers} as well.`;
  };
  const rows = [row("hidden by a mask", "hidden"), row("read as <unknown>", "unknown")];
  const columns = source.map((word) => wordNode(word, unknown));
  return board(model, "words of the source", columns, rows, says);
}

/** The heads: a row for each layer of attention. */
function heads(model) {
  const all = model.get("offered").filter((name) => name.includes(" head "));
  const row = (layer) => {
    const [side, index, kind] = layer.split(".");
    const name = `${kind === "cross_attention" ? "cross" : side} attention, layer ${index}`;
    const own = all.filter((one) => one.startsWith(`${layer} `));
    return { name, keys: own.map((one, head) => [one, `${name}: head ${head} dead`]) };
  };
  const says = (out) => {
    const dead = out.filter((name) => name.includes(" head ")).length;
    if (!dead)
      return "A dead head sees nothing: its weights are 0, and out_proj gets exactly 0 from it.";
    const them = dead > 1 ? "them" : "it";
    const count = `${dead} of ${all.length} heads dead`;
    return `${count}: out_proj gets exactly 0 from ${them}. The other heads go on.`;
  };
  const layers = [...new Set(all.map((name) => name.split(" ")[0]))];
  const columns = model
    .get("heads")
    .slice(1)
    .map((name) => name.replace("head ", ""));
  return board(model, "dead heads", columns, layers.map(row), says);
}
