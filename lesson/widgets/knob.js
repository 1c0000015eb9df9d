// A slider over a picture. The kernel draws; this shows the picture and its words.
function render({ model, el }) {
  begin(el, "knob");
  const values = model.get("values");
  const image = element("img", { style: "max-width: 100%" });
  const read = (index) => values[index];
  el.append(slider(model, "index", model.get("label"), { max: values.length - 1, read }), image);
  draw(model, ["image"], () => {
    image.src = model.get("image");
    image.alt = model.get("alt");
    image.width = model.get("width");
  });
}

export default { render };
