// Stands in for what BertViz would load from web hosts: require.js and the little of jQuery it
// calls. An element that is not on the page swallows every call, as it does in jQuery.

function $(what) {
  const create = what.startsWith("<");
  const element = create ? document.createElement("option") : document.querySelector(what);
  const self = {
    element,
    append: (child) => (element?.append(child.element), self),
    attr: (name, value) => (element?.setAttribute(name, value), self),
    change: () => (element?.dispatchEvent(new Event("change")), self),
    empty: () => (element?.replaceChildren(), self),
    on: (event, listener) => (element?.addEventListener(event, listener), self),
    text: (words) => (element && (element.textContent = words), self),
    val: (value) => (element && (element.value = value), self),
  };
  return self;
}

const require = { config() {} };
const requirejs = (names, start) => start($, d3);
