// What the attention view is steered with: the sentence, the part, the layer, the heads.

/** The colour of a head, and the dashes that tell it from the one six before it. */
const hue = (head) => `var(--head-${head % 6})`;
const dashes = (head) => ["", "6 3", "2 3"][Math.floor(head / 6) % 3];

/** Buttons of which one is pressed. */
function chooser(model, name, label, options, choose) {
  const buttons = options.map((option) =>
    element("button", { onclick: () => choose(option) }, option),
  );
  draw(model, [name], () => {
    for (const [at, button] of buttons.entries())
      button.ariaPressed = String(options[at] === model.get(name));
  });
  const group = { class: "control", role: "group", "aria-label": label };
  return element("div", group, element("span", {}, label), ...buttons);
}

/** Where the sentence is typed, and what became of it. */
function sentence(model) {
  const read = (typed) => {
    if (!typed.trim()) target.input.value = model.get("target"); // until the model has translated
    ask(model, "read", source.input.value, typed);
  };
  const translates = "cross" in model.get("parts");
  const source = textInput(model, "source", translates ? "source" : "text", () => read(""));
  const target = textInput(model, "target", "target", read);
  const off = model.alone ? { disabled: true, title: `Another text ${NEEDS_PYTHON}.` } : {};
  const write = element("button", { onclick: () => read(""), ...off }, "let the model translate");
  const alone = `Reading another sentence ${NEEDS_PYTHON}.`;
  const told = message(model, alone, "Type another sentence and press Enter.");
  const lines = translates ? [source.node, target.node, write] : [source.node];
  return element("div", { class: "sentence" }, ...lines, told);
}

/** A chip for each head: a thumbnail of its weights, its colour, its number. */
function chips(model, point, update) {
  const lock = (heads) => {
    point.head = null;
    put(model, "locked", heads);
    update();
  };
  const toggle = (head) => {
    const others = model.get("locked").filter((other) => other !== head);
    const grown = others.length === model.get("locked").length;
    lock(grown ? [...others, head].sort((a, b) => a - b) : others);
  };
  const { scores } = present(model);
  const made = scores[0].map((_, head) => chip(model, point, update, head, toggle, lock));
  const unlock = element("button", { onclick: () => lock([]) }, "unlock: show all heads");
  const group = { class: "control heads", role: "group", "aria-label": "heads" };
  const chips = made.map(({ node }) => node);
  const node = element("div", group, element("span", {}, "heads"), ...chips, unlock);
  const show = ({ weights }) => {
    unlock.disabled = !model.get("locked").length;
    for (const [head, one] of made.entries()) one.show(weights[head]);
  };
  return { node, show };
}

/** One of them: pointed at, it is looked at; pressed, it stays; pressed twice, it stays alone. */
function chip(model, point, update, head, toggle, lock) {
  const { queries, keys } = present(model);
  const size = { width: keys.length, height: queries.length };
  const thumbnail = element("canvas", { ...size, "aria-hidden": "true" });
  const name = element("span", { style: `border-color: ${hue(head)}` });
  const rest = (on) => () => {
    point.head = on ? head : null;
    update();
  };
  const button = element(
    "button",
    {
      class: "chip",
      title: "point: look at this head · click: lock it · double click: lock it alone",
      onclick: () => toggle(head),
      ondblclick: () => lock([head]),
      onmouseenter: rest(true),
      onmouseleave: rest(false),
      onfocus: (event) => event.target.matches(":focus-visible") && rest(true)(),
      onblur: rest(false),
    },
    thumbnail,
    name,
  );
  const only = { class: "only", "aria-label": `only head ${head}`, onclick: () => lock([head]) };
  const brush = thumbnail.getContext("2d");
  let weights = [];
  const paint = () => {
    brush.clearRect(0, 0, keys.length, queries.length);
    for (const [i, row] of weights.entries()) {
      for (const [j, weight] of row.entries()) {
        brush.globalAlpha = weight;
        brush.fillRect(j, i, 1, 1);
      }
    }
  };
  const placed = new ResizeObserver(() => {
    brush.fillStyle = getComputedStyle(name).borderLeftColor; // known once it is on the page
    paint();
  });
  placed.observe(thumbnail);
  const show = (now) => {
    const locked = model.get("locked").includes(head);
    button.ariaPressed = String(locked);
    button.ariaLabel = `head ${head}${locked ? ", locked" : ""}`;
    name.textContent = locked ? `${head} ✓` : head;
    weights = now;
    paint();
  };
  return { node: element("div", { class: "head" }, button, element("button", only, "only")), show };
}
