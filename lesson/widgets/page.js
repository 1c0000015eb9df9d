// A page without a kernel: the state is here, nobody answers.
const state = STATE;
const listeners = {};
const model = {
  alone: true,
  get: (name) => state[name],
  set(name, value) {
    const same = JSON.stringify(state[name]) === JSON.stringify(value);
    state[name] = value;
    if (!same) for (const listener of listeners[`change:${name}`] ?? []) listener();
  },
  on(event, listener) {
    listeners[event] = [...(listeners[event] ?? []), listener];
  },
  off() {},
  save_changes() {},
};
const el = document.getElementById("view");
el.model = model; // for whoever looks from outside
render({ model, el });
