// A line to type in and what became of it: for views whose Python side is a TextView.

/** A line to type in, bound to the state `name`; Enter sends what is typed. */
function textInput(model, name, label, send, size) {
  const off = model.alone ? { disabled: true, title: `Another text ${NEEDS_PYTHON}.` } : {};
  // While a Korean syllable is being put together, Enter belongs to it.
  const enter = (event) => event.key === "Enter" && !event.isComposing && send(input.value);
  const input = element("input", { type: "text", size, onkeydown: enter, ...off });
  draw(model, [name], () => {
    input.value = model.get(name);
  });
  return { input, node: element("label", { class: "control" }, element("span", {}, label), input) };
}

/** Why Python refused what it was asked for last, or else which words the model does not know, or
    else what a page without Python leaves out (`alone`), or what there is to do (`hint`). */
function message(model, alone, hint = "") {
  const line = element("p", { class: "note message", role: "status" });
  draw(model, ["trouble", "unknown"], () => {
    const trouble = model.get("trouble") ?? "";
    const words = [...new Set(Object.values(model.get("unknown")).flat(2))].join(", ");
    const unknown = words && `* not in the vocabulary, read as <unknown>: ${words}`;
    line.textContent = trouble ? `Not read: ${trouble}` : unknown || (model.alone ? alone : hint);
    line.classList.toggle("trouble", trouble !== "");
  });
  return line;
}

/** The unknown words of the part that is shown: [of those that ask, of those that answer]. */
function unknownOf(model) {
  return model.get("unknown")[model.get("part")] ?? [[], []];
}
