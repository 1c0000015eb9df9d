// One attention map out of many: for views whose Python side is a MapView.

/** (query, key) of the map that is shown; null where the mask hides the key in every head. */
function chosenMap(model, weights) {
  const layer = weights[model.get("part")][model.get("layers").indexOf(model.get("layer"))];
  const head = model.get("heads").indexOf(model.get("head")) - 1;
  if (head >= 0) return layer[head];
  const cell = (values) => {
    if (values.every((value) => value === null)) return null;
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return layer[0].map((row, i) => row.map((_, j) => cell(layer.map((one) => one[i][j]))));
}

/** What of a map is visible: (query, key) of true and false. */
function seen(map) {
  return map.map((row) => row.map((value) => value !== null));
}

/** The words beside and above the map that is shown, and those among them to mark. */
function mapWords(model) {
  const [rows, columns] = model.get("words")[model.get("part")];
  return { rows, columns, unknown: unknownOf(model) };
}

/** How crowded `count` maps with these columns are side by side: numbers are small, or left out. */
function crowd(columns, count) {
  const cells = count * columns.length;
  return cells > 24 ? "dense" : cells > 18 ? "many" : "few";
}

/** Lists from which part, layer and head are chosen. */
function mapChoices(model) {
  return element(
    "div",
    {},
    choice(model, "part", "attention", Object.keys(model.get("words"))),
    choice(model, "layer", "in", model.get("layers")),
    choice(model, "head", "of", model.get("heads")),
  );
}
