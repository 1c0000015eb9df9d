// Stands in for what BertViz would load from web hosts: require.js and the little of jQuery it
// calls. An element that is not on the page swallows every call, as it does in jQuery.

function $(what) {
  const create = what.startsWith("<");
  const element = create ? document.createElement("option") : document.querySelector(what);
  const call =
    (act) =>
    (...args) => {
      if (element) act(...args);
      return self;
    };
  const self = {
    element,
    append: call((child) => element.append(child.element)),
    attr: call((name, value) => element.setAttribute(name, value)),
    change: call(() => element.dispatchEvent(new Event("change"))),
    empty: call(() => element.replaceChildren()),
    on: call((event, listener) => element.addEventListener(event, listener)),
    text: call((words) => Object.assign(element, { textContent: words })),
    val: call((value) => Object.assign(element, { value })),
  };
  return self;
}

const require = { config() {} };
const requirejs = (_, start) => start($, d3);
