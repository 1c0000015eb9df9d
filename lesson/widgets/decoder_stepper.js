// One translation, word by word. `steps` and the rows of the map hold what led to each word of the
// path, and `at` words are written. Whatever needs another path is asked of Python.
const TEMPERATURES = [
  0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7, 10,
];
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1];
const RANKS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 30, 50, 100, 200, 500];

/** All words of the translation. */
function path(model) {
  return mapWords(model).rows;
}

/** What the next word is chosen from; nothing once the last one is written. */
function present(model) {
  return model.get("steps")[model.get("at")];
}

/** The weights of the layer and head that are shown: a row a step, in it one a source word. */
function looks(model) {
  return chosenMap(model, model.get("weights"));
}

/** The stages of decoding.filter_logits for logits in falling order.
    before: the share of the words above */
function filterLogits(logits, temperature, topK, topP) {
  const scaled = logits.map((logit) => logit / temperature);
  let sum = 0;
  const before = softmax(scaled).map((share) => {
    sum += share;
    return sum - share;
  });
  const kept = before.map((share, rank) => rank < topK && (topP === 1 || share < topP));
  return { scaled, before, kept, probabilities: softmax(scaled, kept) };
}

/** Write this word next. The path is followed without Python, and left with its help. */
function take(model, word) {
  const at = model.get("at");
  if (path(model)[at] === word) put(model, "at", at + 1);
  else ask(model, "take", word);
}

/** A button that keeps the focus when it may not be pressed, and says why not. */
function key(label, act) {
  const button = element("button", { type: "button" }, label);
  button.addEventListener("click", () => button.ariaDisabled !== "true" && act());
  const allow = (may, title) => {
    button.ariaDisabled = String(!may);
    button.title = title;
  };
  return { button, allow };
}

/** What a part of the view is for; returns the line and the place for a shape. */
function stage(title, sentence) {
  const shape = element("code");
  const note = element("span", { class: "note" }, ` ${sentence} `);
  const line = element("p", { class: "stage" }, element("strong", {}, title), note, shape);
  return { line, shape };
}

/** The source sentence as a text to edit. */
function sentence(model) {
  const read = () => ask(model, "read", input.value);
  const { input, node } = textInput(model, "sentence", "source sentence", read, 30);
  const { button, allow } = key("translate", read);
  const why = model.alone ? `Another text ${NEEDS_PYTHON}.` : "start on this sentence (Enter)";
  allow(!model.alone, why);
  return element("div", { class: "player" }, node, button);
}

/** The source words, each under a bar for its weight in this step. */
function source(model) {
  const { line, shape } = stage(
    "Look back.",
    "Each source word gets a weight; together they are 1. " +
      "They tell where this step looks, not why.",
  );
  const row = element("ul", { class: "looks" });
  draw(model, ["words"], () => {
    const { columns, unknown } = mapWords(model);
    const words = columns.map((word) => {
      const [value, bar] = ["value", "column"].map((name) => element("span", { class: name }));
      bar.append(element("span"));
      return element("li", {}, value, bar, wordNode(word, unknown[1]));
    });
    row.replaceChildren(...words);
  });
  draw(model, ["words", "weights", "at", "layer", "head"], () => {
    const [at, heads] = [model.get("at"), model.get("heads").length - 1];
    const last = Math.min(at + 1, path(model).length);
    const weights = looks(model)[at];
    const size = `weights (batch 1, heads ${heads}, query ${last}, key ${row.children.length})`;
    shape.textContent = `${size}, ${weights ? `row ${last}` : "all rows: below"}`;
    for (const [index, item] of [...row.children].entries()) {
      item.firstChild.textContent = number(weights?.[index] ?? null);
      item.children[1].firstChild.style.height = `${100 * (weights?.[index] ?? 0)}%`;
    }
  });
  const lists = ["layer", "head"].map((name) => choice(model, name, name, model.get(`${name}s`)));
  return [line, row, ...lists];
}

/** The words so far; each leads back to the step that wrote it. */
function written(model) {
  const start = element("span", { class: "note" }, "<start>");
  const row = element("div", { class: "player written" }, start);
  const slots = [];
  draw(model, ["words", "at"], () => {
    const [words, at] = [path(model), model.get("at")];
    const focused = slots.includes(document.activeElement);
    while (slots.length < words.length) {
      const index = slots.length;
      slots.push(element("button", { type: "button", onclick: () => put(model, "at", index) }));
      row.append(slots[index]);
    }
    for (const [index, slot] of slots.entries()) {
      slot.hidden = index > at || index >= words.length;
      slot.textContent = index < at ? words[index] : "?";
      slot.title = index < at ? `back to step ${index + 1}` : "the word to choose now";
      slot.ariaCurrent = index === at ? "step" : null;
    }
    if (focused && document.activeElement.hidden) slots[Math.min(at, words.length - 1)].focus();
  });
  const says = "The next step reads these words again. Click one to go back to its step.";
  return [stage("Written so far.", says).line, row];
}

/** Back, forward and the two ways to choose; the arrow keys go back and forward, too. */
function controls(model, el) {
  const go = (at) => put(model, "at", Math.max(0, Math.min(path(model).length, at)));
  const restart = key("restart", () => go(0));
  const back = key("◀ back", () => go(model.get("at") - 1));
  const forward = key("forward ▶", () => go(model.get("at") + 1));
  const likeliest = key("take the likeliest", () => take(model, present(model).words[0]));
  const chance = key("draw by chance", () => ask(model, "draw_by_chance"));
  el.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.target.matches("input, select, [role=gridcell]")) return;
    go(model.get("at") + by);
    event.preventDefault();
  });
  draw(model, ["at", "words", "steps"], () => {
    const [at, step] = [model.get("at"), present(model)];
    const own = step?.words[0] === path(model)[at];
    const draws = model.alone ? `A draw ${NEEDS_PYTHON}.` : "by the probabilities below";
    restart.allow(at > 0, "back to the first step");
    back.allow(at > 0, "one step back (left arrow)");
    forward.allow(step, "the word written here before, or else the likeliest (right arrow)");
    likeliest.allow(step && (own || !model.alone), "the word with the highest probability");
    chance.allow(step && !model.alone, draws);
  });
  const keys = [restart, back, forward, likeliest, chance].map(({ button }) => button);
  return element("div", { class: "player" }, ...keys);
}

/** The candidates as rows, the stages from logit to probability as columns. */
function candidates(model) {
  const size = model.get("steps")[0].logits.length;
  const { line, shape } = stage(
    "The next word.",
    "Divide the logits by the temperature, cut with top-k and top-p, " +
      "take the softmax of what is left.",
  );
  shape.textContent = `logits (batch 1, target_vocab_size ${size})`;
  const ranks = [...RANKS.filter((rank) => rank < size), size];
  const read = (rank) => (rank < size ? String(rank) : "all");
  const knobs = [
    slider(model, "temperature", "temperature", { values: TEMPERATURES }),
    slider(model, "top_k", "top-k", { values: ranks, read }),
    slider(model, "top_p", "top-p", { values: SHARES }),
  ];
  const titles = ["word", "logit", "", "cut", "probability"];
  const heads = titles.map((word) => element("th", { scope: "col" }, word));
  const rows = model.get("steps")[0].words.map((_, rank) => candidate(model, rank));
  const others = element("tr", { hidden: size === rows.length }, ...heads.map(() => element("td")));
  const body = [element("tr", {}, ...heads), ...rows.map(({ row }) => row), others];
  const table = element("table", { class: "candidates" }, ...body);
  const says =
    "“0.30 before it”: the likelier words have a share of 0.30. " +
    "Once they have p, the rest is out.";
  const legend = element("p", { class: "note" }, says);
  const box = element("div", {}, line, element("div", { class: "knobs" }, ...knobs), table, legend);
  draw(model, ["steps", "at", "words", "temperature", "top_k", "top_p"], () => {
    const step = present(model);
    box.hidden = !step;
    if (!step) return;
    const stages = filterLogits(
      step.logits,
      model.get("temperature"),
      model.get("top_k"),
      model.get("top_p"),
    );
    heads[2].textContent = `÷ ${model.get("temperature")}`;
    for (const { show } of rows) show(step, stages);
    if (!others.hidden) showOthers(others, step, stages);
  });
  return box;
}

/** One candidate: its button and its number at each stage. */
function candidate(model, rank) {
  const { button, allow } = key("", () => take(model, present(model).words[rank]));
  const row = element(
    "tr",
    {},
    element("td", {}, button),
    ...[1, 2, 3, 4].map(() => element("td")),
  );
  const show = (step, { scaled, before, kept, probabilities }) => {
    const word = step.words[rank];
    const may = !model.alone || word === path(model)[model.get("at")];
    button.textContent = word;
    allow(may, may ? `write ${word}` : `Another word ${NEEDS_PYTHON}.`);
    const late = rank >= model.get("top_k");
    const reason = late ? `place ${rank + 1}` : `${number(before[rank])} before it`;
    const [logit, share] = [number(step.logits[rank]), probabilities[rank]];
    fill(row, logit, number(scaled[rank]), kept[rank], reason, share);
  };
  return { row, show };
}

/** All words that have no row of their own, in one. */
function showOthers(row, step, { scaled, kept, probabilities }) {
  const shown = step.words.length;
  const count = step.logits.length - shown;
  const left = kept.slice(shown).filter(Boolean).length;
  const together = probabilities.slice(shown).reduce((sum, part) => sum + part, 0);
  row.cells[0].textContent = `${count} others`;
  const [logit, divided] = [step.logits[shown], scaled[shown]].map((most) => `≤ ${number(most)}`);
  fill(row, logit, divided, left > 0, `${left} of ${count}`, together);
}

/** The stages into the cells of a row: what is cut has no chance at all, what is kept has one. */
function fill(row, logit, scaled, kept, reason, probability) {
  const chance = kept ? (probability < 0.0005 ? "< 0.001" : number(probability, 3)) : "0";
  const bar = element("span", { class: "share", style: `width: ${100 * probability}%` });
  row.classList.toggle("out", !kept);
  row.cells[1].textContent = logit;
  row.cells[2].textContent = scaled;
  row.cells[3].textContent = `${kept ? "kept" : "out"}: ${reason}`;
  const value = element("span", { class: "value" }, chance);
  row.cells[4].replaceChildren(value, element("span", { class: "track" }, bar));
}

/** When all is written: where the decoder looked at each step. */
function whole(model) {
  const box = element("div");
  draw(model, ["words", "weights", "at", "layer", "head"], () => {
    const words = mapWords(model);
    const count = words.rows.length;
    box.hidden = Boolean(present(model));
    if (box.hidden) return box.replaceChildren();
    const ended = words.rows.at(-1) === "<end>";
    const open = `${count} words and no <end>: the view stops here.`;
    const end = ended ? "The model wrote <end>: finished." : open;
    const pick = (row) => {
      put(model, "at", row); // which takes the map away, and the focus with it
      box.closest(".live-view").querySelector("[aria-current=step]").focus();
    };
    const map = matrix({ caption: "word written × source word", ...words, pick });
    map.show({ values: looks(model) });
    box.replaceChildren(
      stage("All steps.", `${end} Click a row to go back to its step.`).line,
      map.node,
    );
  });
  return box;
}

function render({ model, el }) {
  begin(el, "decoder-stepper");
  const choosing = element("div", { class: "choosing" }, candidates(model), whole(model));
  const alone = `This page carries the likeliest words; any other ${NEEDS_PYTHON}.`;
  const parts = [...source(model), ...written(model), controls(model, el), choosing];
  el.append(sentence(model), message(model, alone), ...parts);
}

export default { render };
