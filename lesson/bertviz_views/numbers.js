// The neuron view shows vectors as colours only. Here the box under the mouse says its number,
// and the word that was pointed at last stays chosen, so that the mouse can reach those boxes.

const NAMES = { queries: "q", keys: "k", product: "q × k", dotproducts: "q · k / √d_head" };

document.addEventListener(
  "mouseleave",
  (event) => event.target.closest?.("#expanded #leftText") && event.stopImmediatePropagation(),
  true,
);

document.addEventListener("mouseover", ({ target }) => {
  const column = target.closest("#expanded g[id]")?.id;
  const weight = column === "rightText" && target.parentNode.querySelector(".highlight");
  const [name, value] = weight
    ? ["softmax: weight", weight.style.opacity]
    : [NAMES[column], target.dataset.value];
  if (!name || !value) return;
  document.querySelector("#reading").textContent = `${name} = ${Number(value).toFixed(4)}`;
});
