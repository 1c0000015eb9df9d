// The sum behind a cell of the heat map: from q and k to a score, from the score to a weight.

const CHUNK = 8; // features side by side

/** q and k of the chosen cell in one head, from this page or from Python; null until they come. */
function vectors(model, head) {
  const [layer, [i, j]] = [model.get("layer"), model.get("cell")];
  const { q, k } = present(model);
  if (q) return { q: q[layer][head][i], k: k[layer][head][j] };
  const { place, ...answer } = model.get("answer");
  const asked = [model.get("part"), layer, i, j];
  return String(place) === String(asked) ? { q: answer.q[head], k: answer.k[head] } : null;
}

/** Features side by side: what asks, what answers, and their products. */
function features({ q, k }) {
  const rows = { q, k, "q × k": q.map((value, at) => value * k[at]) };
  const limit = Math.max(...Object.values(rows).flat().map(Math.abs));
  const cell = (value) => {
    const dark = Math.abs(value) > 0.6 * limit ? "dark" : "";
    const style = `background: ${colour(value, limit, true)}`;
    return element("td", { class: dark, style }, number(value));
  };
  const row = ([name, values], start) => {
    const cells = values.slice(start, start + CHUNK).map(cell);
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  };
  const starts = q.map((_, at) => at).filter((at) => at % CHUNK === 0);
  const chunk = (start) => {
    const body = Object.entries(rows).map((one) => row(one, start));
    return element("table", { class: "matrix" }, ...body);
  };
  return element("div", { class: "row" }, ...starts.map(chunk));
}

/** From q and k to the weight, a sentence for each step. */
function steps(model, head, { q, k }, weight) {
  const [layer, [i, j], temperature] = ["layer", "cell", "temperature"].map((name) =>
    model.get(name),
  );
  const { scores, plain } = present(model);
  const score = scores[layer][head][i][j];
  const sum = q.reduce((total, value, at) => total + value * k[at], 0);
  const told = [
    `q · k: multiply feature by feature and add up: ${number(sum)}.`,
    `Divide by √d_head = √${q.length}: ${number(sum / Math.sqrt(q.length))}` +
      `${plain[layer] ? ", the score" : ""}.`,
  ];
  const hidden = "The mask hides this key from this query";
  if (score === null) return [...told, `${hidden}: the score becomes −∞ and the weight 0.`];
  if (!plain[layer]) told.push(`The score function of this model makes it ${number(score)}.`);
  const large = (value) => (value < 1e4 ? number(value) : value.toExponential(1));
  const power = (value) => (value === null ? 0 : Math.exp(value / temperature));
  const total = large(scores[layer][head][i].reduce((all, value) => all + power(value), 0));
  const divided = number(score / temperature);
  const part = large(power(score));
  return [
    ...told,
    `Divide by the temperature ${temperature.toFixed(1)}: ${divided}.`,
    `Softmax: e^(${divided}) = ${part}; all keys of this row add up to ${total}; ` +
      `${part} ÷ ${total} = ${number(weight)}, the weight.`,
  ];
}

/** All of it for the chosen cell, in that of the heads shown which looks there most. */
function behind(model, { weights, heads }) {
  const [i, j] = model.get("cell");
  if (weights[0][i]?.[j] === undefined) return [];
  const head = heads.reduce((best, one) => (weights[one][i][j] > weights[best][i][j] ? one : best));
  const { queries, keys } = present(model);
  const most = heads.length > 1 ? `head ${head}, which looks there most` : `head ${head}`;
  const asked = `“${queries[i]}” asks, “${keys[j]}” answers: ${most}`;
  const title = element("div", { class: "title" }, asked);
  const pair = vectors(model, head);
  const wait = model.alone
    ? `q and k of this model are too many for a page. Seeing them ${NEEDS_PYTHON}.`
    : "Python looks q and k up …";
  if (!pair) return [title, element("div", { class: "note" }, wait)];
  const told = steps(model, head, pair, weights[head][i][j]).map((text) => element("li", {}, text));
  return [title, features(pair), element("ol", {}, ...told)];
}
