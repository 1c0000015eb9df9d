// One translation, word by word. `steps` holds what led to each word of `path`, and `at` words
// are written. Whatever needs another path is asked of Python; the rest is computed here.
const TEMPERATURES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7, 10];
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1];
const RANKS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 30, 50, 100, 200, 500];
const NEEDS_PYTHON = "needs Python: run the cell in a notebook";

/** What the next word is chosen from; nothing once the last one is written. */
function present(model) {
  return model.get("steps")[model.get("at")];
}

/** The weights of a step in the layer and head that are shown: one a source word. */
function looks(model, step) {
  const place = (list, name) => model.get(list).indexOf(model.get(name));
  return step.weights[place("layers", "layer")][place("heads", "head")];
}

/** The stages of decoding.cut for logits in falling order; `before`: the share of the words above. */
function cut(logits, temperature, topK, topP) {
  const scaled = logits.map((logit) => logit / temperature);
  let sum = 0;
  const before = softmax(scaled).map((share) => (sum += share) - share);
  const kept = before.map((share, rank) => rank < topK && (topP === 1 || share < topP));
  return { scaled, before, kept, probabilities: softmax(scaled, kept) };
}

/** Write this word next. The path is followed without Python, and left with its help. */
function take(model, word) {
  const at = model.get("at");
  if (model.get("path")[at] === word) put(model, "at", at + 1);
  else model.send({ verb: "take", words: [word] });
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
  return { line: element("p", { class: "stage" }, element("strong", {}, title), note, shape), shape };
}

/** The source sentence as a text to edit. */
function sentence(model) {
  const input = element("input", { type: "text", size: 30, readonly: Boolean(model.alone) });
  const { button, allow } = key("translate", () => model.send({ verb: "read", words: [input.value] }));
  allow(!model.alone, model.alone ? `Another sentence ${NEEDS_PYTHON}.` : "start on this sentence (Enter)");
  input.addEventListener("keydown", (event) => event.key === "Enter" && button.click());
  draw(model, ["sentence"], () => (input.value = model.get("sentence")));
  return element("div", { class: "player" }, element("label", { class: "control" }, "source sentence", input), button);
}

/** What went wrong, or else what to know about this sentence and this page. */
function message(model) {
  const line = element("p", { class: "words", role: "status" });
  draw(model, ["trouble", "source"], () => {
    const strange = model.get("source").filter((_, index) => !model.get("known")[index]);
    const unknown = `Not in the vocabulary, so the model reads <unknown>: ${strange.join(", ")}.`;
    const alone = model.alone ? `This page carries the likeliest words; any other ${NEEDS_PYTHON}.` : "";
    line.textContent = model.get("trouble") || (strange.length ? unknown : alone);
    line.classList.toggle("trouble", model.get("trouble") !== "");
  });
  return line;
}

/** The source words, each under a bar for its weight in this step. */
function source(model) {
  const { line, shape } = stage("Look back.", "Each source word gets a weight; together they are 1. They tell where this step looks, not why.");
  const row = element("ul", { class: "looks" });
  draw(model, ["source"], () => {
    const words = model.get("source").map((word, index) => {
      const name = element("span", { class: model.get("known")[index] ? "" : "unknown" }, word);
      return element("li", {}, element("span", { class: "value" }), element("span", { class: "column" }, element("span")), name);
    });
    row.replaceChildren(...words);
  });
  draw(model, ["source", "steps", "at", "layer", "head"], () => {
    const [step, last] = [present(model), Math.min(model.get("at") + 1, model.get("path").length)];
    const weights = step && looks(model, step);
    shape.textContent = `weights (batch 1, heads ${model.get("heads").length - 1}, query ${last}, key ${row.children.length}), ${step ? `row ${last}` : "all rows: below"}`;
    [...row.children].forEach((item, index) => {
      item.firstChild.textContent = number(weights?.[index] ?? null);
      item.children[1].firstChild.style.height = `${100 * (weights?.[index] ?? 0)}%`;
    });
  });
  const lists = ["layer", "head"].map((name) => choice(model, name, name, model.get(`${name}s`)));
  return [line, row, ...lists];
}

/** The words so far; each leads back to the step that wrote it. */
function written(model) {
  const row = element("div", { class: "player written" }, element("span", { class: "note" }, "<start>"));
  const slots = [];
  draw(model, ["path", "at"], () => {
    const [path, at] = [model.get("path"), model.get("at")];
    const focused = slots.includes(document.activeElement);
    while (slots.length < path.length) {
      const index = slots.length;
      slots.push(element("button", { type: "button", onclick: () => put(model, "at", index) }));
      row.append(slots[index]);
    }
    slots.forEach((slot, index) => {
      slot.hidden = index > at || index >= path.length;
      slot.textContent = index < at ? path[index] : "?";
      slot.title = index < at ? `back to step ${index + 1}` : "the word to choose now";
      slot.ariaCurrent = index === at ? "step" : null;
    });
    if (focused && document.activeElement.hidden) slots[Math.min(at, path.length - 1)].focus();
  });
  return [stage("Written so far.", "The next step reads these words again. Click one to go back to its step.").line, row];
}

/** Back, forward and the two ways to choose; the arrow keys go back and forward, too. */
function controls(model, el) {
  const go = (at) => put(model, "at", Math.max(0, Math.min(model.get("path").length, at)));
  const restart = key("restart", () => go(0));
  const back = key("◀ back", () => go(model.get("at") - 1));
  const forward = key("forward ▶", () => go(model.get("at") + 1));
  const likeliest = key("take the likeliest", () => take(model, present(model).words[0]));
  const chance = key("draw by chance", () => model.send({ verb: "draw_by_chance", words: [] }));
  el.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.target.matches("input, select, [role=gridcell]")) return;
    go(model.get("at") + by);
    event.preventDefault();
  });
  draw(model, ["at", "path", "steps"], () => {
    const [at, step] = [model.get("at"), present(model)];
    const own = step?.words[0] === model.get("path")[at];
    restart.allow(at > 0, "back to the first step");
    back.allow(at > 0, "one step back (left arrow)");
    forward.allow(step, "the word written here before, or else the likeliest (right arrow)");
    likeliest.allow(step && (own || !model.alone), "the word with the highest probability");
    chance.allow(step && !model.alone, model.alone ? `A draw ${NEEDS_PYTHON}.` : "by the probabilities below");
  });
  const keys = [restart, back, forward, likeliest, chance].map(({ button }) => button);
  return element("div", { class: "player" }, ...keys);
}

/** The candidates as rows, the stages from logit to probability as columns. */
function candidates(model) {
  const size = model.get("steps")[0].logits.length;
  const { line, shape } = stage("The next word.", "Divide the logits by the temperature, cut with top-k and top-p, take the softmax of what is left.");
  shape.textContent = `logits (batch 1, target_vocab_size ${size})`;
  const ranks = [...RANKS.filter((rank) => rank < size), size];
  const knobs = [
    slider(model, "temperature", "temperature", { values: TEMPERATURES }),
    slider(model, "top_k", "top-k", { values: ranks, read: (rank) => (rank < size ? String(rank) : "all") }),
    slider(model, "top_p", "top-p", { values: SHARES }),
  ];
  const heads = ["word", "logit", "", "cut", "probability"].map((word) => element("th", { scope: "col" }, word));
  const rows = model.get("steps")[0].words.map((_, rank) => candidate(model, rank));
  const others = element("tr", { hidden: size === rows.length }, ...heads.map(() => element("td")));
  const table = element("table", { class: "candidates" }, element("tr", {}, ...heads), ...rows.map(({ row }) => row), others);
  const legend = element("p", { class: "note" }, "“0.30 before it”: the likelier words have a share of 0.30. Once they have p, the rest is out.");
  const box = element("div", {}, line, element("div", { class: "knobs" }, ...knobs), table, legend);
  draw(model, ["steps", "at", "path", "temperature", "top_k", "top_p"], () => {
    const step = present(model);
    box.hidden = !step;
    if (!step) return;
    const stages = cut(step.logits, model.get("temperature"), model.get("top_k"), model.get("top_p"));
    heads[2].textContent = `÷ ${model.get("temperature")}`;
    rows.forEach(({ show }) => show(step, stages));
    if (!others.hidden) showOthers(others, step, stages);
  });
  return box;
}

/** One candidate: its button and its number at each stage. */
function candidate(model, rank) {
  const { button, allow } = key("", () => take(model, present(model).words[rank]));
  const row = element("tr", {}, element("td", {}, button), ...[1, 2, 3, 4].map(() => element("td")));
  const show = (step, { scaled, before, kept, probabilities }) => {
    const word = step.words[rank];
    const may = !model.alone || word === model.get("path")[model.get("at")];
    button.textContent = word;
    allow(may, may ? `write ${word}` : `Another word ${NEEDS_PYTHON}.`);
    const late = rank >= model.get("top_k");
    const reason = late ? `place ${rank + 1}` : `${number(before[rank])} before it`;
    fill(row, number(step.logits[rank]), number(scaled[rank]), kept[rank], reason, probabilities[rank]);
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
  fill(row, `≤ ${number(step.logits[shown])}`, `≤ ${number(scaled[shown])}`, left > 0, `${left} of ${count}`, together);
}

/** The stages into the cells of a row; what is cut has no chance at all, what is kept always has one. */
function fill(row, logit, scaled, kept, reason, probability) {
  const chance = kept ? (probability < 0.0005 ? "< 0.001" : number(probability, 3)) : "0";
  const bar = element("span", { class: "share", style: `width: ${100 * probability}%` });
  row.classList.toggle("out", !kept);
  row.cells[1].textContent = logit;
  row.cells[2].textContent = scaled;
  row.cells[3].textContent = `${kept ? "kept" : "out"}: ${reason}`;
  row.cells[4].replaceChildren(element("span", { class: "value" }, chance), element("span", { class: "track" }, bar));
}

/** When all is written: where the decoder looked at each step. */
function whole(model) {
  const box = element("div");
  draw(model, ["steps", "at", "layer", "head"], () => {
    const path = model.get("path");
    box.hidden = Boolean(present(model));
    if (box.hidden) return box.replaceChildren();
    const end = path.at(-1) === "<end>" ? "The model wrote <end>: finished." : `${path.length} words and no <end>: the view stops here.`;
    const pick = (row) => {
      put(model, "at", row); // which takes the map away, and the focus with it
      box.closest(".live-view").querySelector("[aria-current=step]").focus();
    };
    const map = matrix({ caption: "word written × source word", rows: path, columns: model.get("source"), pick });
    map.show({ values: model.get("steps").map((step) => looks(model, step)) });
    box.replaceChildren(stage("All steps.", `${end} Click a row to go back to its step.`).line, map.node);
  });
  return box;
}

function render({ model, el }) {
  begin(el, "decoder-stepper");
  const choosing = element("div", { class: "choosing" }, candidates(model), whole(model));
  el.append(sentence(model), message(model), ...source(model), ...written(model), controls(model, el), choosing);
}

export default { render };
