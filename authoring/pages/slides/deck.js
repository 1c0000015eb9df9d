// A lecture on one page: keys, buttons and swipes lead through the slides and their fragments.
// Without this script the slides stand one below the other.
"use strict";
const WIDE = 1000,
  HIGH = 562; // a slide as it is designed, in CSS pixels; the screen enlarges it
const SMALLEST = 0.6,
  READABLE = 0.8; // how far a full slide shrinks before it scrolls instead
const root = document.documentElement;
const stage = document.querySelector("main");
const slides = [...document.querySelectorAll(".slide")];
const help = document.querySelector("dialog");
let here = 0; // the slide that is shown
let revealed = 0; // how many of its fragments are to be seen

const between = (low, value, high) => Math.min(Math.max(value, low), high);
const fragments = () => [...slides[here].querySelectorAll(".fragment")];
const listed = () => root.classList.contains("overview");

// ---- where we are

function show(place, steps = 0) {
  const moved = place !== here;
  here = between(0, place, slides.length - 1);
  const parts = fragments();
  revealed = between(0, steps, parts.length);
  for (const [index, slide] of slides.entries()) slide.classList.toggle("current", index === here);
  for (const [index, part] of parts.entries()) part.classList.toggle("waiting", index >= revealed);
  if (moved) slides[here].scrollTop = 0;
  if (revealed) parts[revealed - 1].scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", `#${here + 1}${revealed ? `.${revealed}` : ""}`);
  tell(parts.length);
}

function tell(steps) {
  document.querySelector("progress").value = here + 1;
  document.querySelector("output").value = `${here + 1} / ${slides.length}`;
  document.querySelector(".spoken").textContent = revealed
    ? `step ${revealed} of ${steps}`
    : slides[here].getAttribute("aria-label");
}

// #7 is slide 7, #7.2 the same with two fragments; any other name stands on some slide.
function fromAddress() {
  const name = decodeURIComponent(location.hash.slice(1));
  const [, place, steps] = name.match(/^(\d+)(?:\.(\d+))?$/) ?? [];
  const target = document.getElementById(name);
  if (place) show(place - 1, Number(steps ?? 0));
  else if (target)
    show(
      slides.findIndex((slide) => slide.contains(target)),
      Infinity,
    );
  else show(0);
}

// ---- moves

function scrolled(direction) {
  const slide = slides[here];
  const before = slide.scrollTop;
  slide.scrollBy({ top: direction * slide.clientHeight * 0.8, behavior: "instant" });
  return Math.abs(slide.scrollTop - before) > 1;
}

function on() {
  if (listed()) return choose(here + 1);
  if (revealed < fragments().length) return show(here, revealed + 1);
  if (!scrolled(1) && here < slides.length - 1) show(here + 1);
}

function back() {
  if (listed()) return choose(here - 1);
  if (revealed) return show(here, revealed - 1);
  if (!scrolled(-1) && here > 0) show(here - 1, Infinity);
}

function choose(place) {
  show(place, place === here ? revealed : 0);
  slides[here].querySelector(".jump").focus();
}

function overview(open = !listed()) {
  root.classList.toggle("overview", open);
  for (const slide of slides) slide.querySelector(".content").inert = open;
  if (open) choose(here);
  else show(here, revealed);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen().catch(() => {}); // a browser may say no
}

function enlarge(factor) {
  const { dataset } = slides[here];
  dataset.enlarged = between(0.5, (dataset.enlarged ?? 1) * factor, 4);
  fit(contents[here]);
}

function leave() {
  if (listed()) overview(false);
  stage.focus();
}

// ---- keys, buttons, swipes

const MOVES = {
  ArrowRight: on,
  ArrowDown: on,
  PageDown: on,
  " ": on,
  ArrowLeft: back,
  ArrowUp: back,
  PageUp: back,
  Home: () => show(0),
  End: () => show(slides.length - 1),
  "+": () => enlarge(1.2),
  "=": () => enlarge(1.2),
  "-": () => enlarge(1 / 1.2),
  o: () => overview(),
  f: fullScreen,
  Escape: leave,
  "?": () => help.showModal(),
};

function press(event) {
  const move = MOVES[event.key];
  const typing = event.target.closest("input, select, textarea, dialog");
  const pressing = event.key === " " && event.target.closest("a, button, summary");
  if (!move || typing || pressing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  move();
}

// A live view has the keys while it has the focus, all but those that lead out of it.
function pressInView(event) {
  if (!["Escape", "PageUp", "PageDown"].includes(event.key)) return;
  event.preventDefault();
  MOVES[event.key]();
}

const hint = () => root.classList.toggle("in-view", document.activeElement?.tagName === "IFRAME");
addEventListener("blur", hint); // so it is when the focus goes into a view
addEventListener("focus", hint);
document.addEventListener("keydown", press);
for (const frame of document.querySelectorAll("iframe")) {
  const listen = () => frame.contentDocument.addEventListener("keydown", pressInView);
  frame.addEventListener("load", listen);
  listen(); // it may be there already
}
for (const button of document.querySelectorAll("[data-key]")) {
  button.addEventListener("click", () => MOVES[button.dataset.key]());
}
slides.forEach((slide, index) => {
  slide.querySelector(".jump").addEventListener("click", (event) => {
    event.preventDefault();
    show(index);
    overview(false);
  });
});

let finger; // where it came down
const scrollsSideways = (part) =>
  part &&
  part !== stage &&
  (part.scrollWidth > part.clientWidth + 1 || scrollsSideways(part.parentElement));
stage.addEventListener(
  "touchstart",
  (event) => {
    finger = event.touches.length === 1 && event.touches[0];
  },
  { passive: true },
);
stage.addEventListener("touchend", (event) => {
  if (!finger || scrollsSideways(event.target)) return;
  const [{ clientX, clientY }] = event.changedTouches;
  const aside = clientX - finger.clientX;
  if (Math.abs(aside) > Math.max(50, 2 * Math.abs(clientY - finger.clientY))) {
    aside < 0 ? on() : back();
  }
});

// ---- size

function fit(content) {
  const slide = content.parentElement;
  const screen = Math.max(READABLE, Math.min(innerWidth / WIDE, stage.clientHeight / HIGH));
  for (const lines of content.querySelectorAll("pre")) {
    lines.style.fontSize = "";
    const fitting = lines.clientWidth / lines.scrollWidth;
    if (fitting < 1) lines.style.fontSize = `${0.71 * Math.max(SMALLEST, fitting)}em`;
  }
  const fitting = (high) => Math.min(1, high / content.offsetHeight);
  const least = Math.min(1, Math.max(SMALLEST, READABLE / screen));
  const free = slide.clientHeight / screen;
  const chosen = Number(slide.dataset.enlarged ?? 1);
  slide.style.setProperty("--screen", chosen * screen * Math.max(least, fitting(free)));
  slide.style.setProperty("--paper", fitting(HIGH - 8));
  slide.style.setProperty("--top", fitting(HIGH - 8) < 1 ? "0" : "50%");
}

const contents = slides.map((slide) => slide.querySelector(".content"));
const watch = new ResizeObserver((seen) => {
  for (const { target } of seen) fit(target);
});

root.classList.add("deck");
for (const content of contents) watch.observe(content);
addEventListener("resize", () => contents.forEach(fit));
addEventListener("hashchange", fromAddress);
fromAddress();
