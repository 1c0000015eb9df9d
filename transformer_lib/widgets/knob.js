// A slider over a picture. The kernel draws; this shows the picture and its words.
function render({ model, el }) {
  el.classList.add("knob");
  const label = document.createElement("label");
  const name = document.createElement("span");
  const slider = document.createElement("input");
  const reading = document.createElement("output");
  const image = document.createElement("img");
  slider.type = "range";
  slider.min = 0;
  image.style.maxWidth = "100%";
  label.append(name, slider, reading);
  label.style.cssText = "display: flex; gap: 0.75em; align-items: center; padding: 0.4em 0";
  slider.style.cssText = "flex: 0 1 20em; accent-color: #0072b2";
  reading.style.fontVariantNumeric = "tabular-nums";
  el.append(label, image);

  function show() {
    const values = model.get("values");
    const index = model.get("index");
    name.textContent = model.get("label");
    slider.max = values.length - 1;
    slider.value = index;
    reading.textContent = values[index];
    slider.setAttribute("aria-valuetext", values[index]);
    image.src = model.get("image");
    image.alt = model.get("alt");
    image.width = model.get("width");
  }

  slider.addEventListener("input", () => {
    reading.textContent = model.get("values")[slider.value];
    model.set("index", Number(slider.value));
    model.save_changes();
  });
  // JupyterLab takes arrow keys for itself unless the focused element says otherwise.
  el.addEventListener("focusin", (event) =>
    event.target.setAttribute("data-lm-suppress-shortcuts", "true"),
  );
  model.on("change:index", show);
  model.on("change:image", show);
  show();
}

export default { render };
