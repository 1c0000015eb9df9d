// What a page does: the theme, the live views in its colours, the contents, the door to the search.
const root = document.documentElement;
const [contents, search, find, dark] = ["contents", "search", "find", "dark"].map((name) =>
  document.getElementById(`book-${name}`),
);

// The theme: the system's, until the reader wants the other one.
const system = matchMedia("(prefers-color-scheme: dark)");
const wanted = () => root.dataset.theme || (system.matches ? "dark" : "light");

function switchTheme() {
  const other = wanted() === "dark" ? "light" : "dark";
  root.dataset.theme = other === (system.matches ? "dark" : "light") ? "" : other;
  try {
    localStorage.setItem("book-theme", root.dataset.theme);
  } catch {} // some browsers remember nothing for pages from disk
  showTheme();
}

function showTheme() {
  dark.setAttribute("aria-pressed", wanted() === "dark");
  document.querySelectorAll("iframe").forEach(dress);
}

// A live view has its colours from JupyterLab's variables; here they are the book's.
const COLOURS = {
  "--jp-ui-font-color1": "--ink",
  "--jp-ui-font-color2": "--faint",
  "--jp-layout-color0": "--paper",
  "--jp-border-color1": "--rule",
};

function dress(frame) {
  const page = frame.contentDocument;
  if (!frame.title && page.title) frame.title = page.title;
  if (!page.querySelector(".live-view")) return; // BertViz draws on white
  page.documentElement.style.colorScheme = wanted();
  for (const [theirs, ours] of Object.entries(COLOURS)) {
    page.documentElement.style.setProperty(theirs, getComputedStyle(root).getPropertyValue(ours));
  }
}

dark.addEventListener("click", switchTheme);
system.addEventListener("change", showTheme);
document.querySelectorAll("iframe").forEach((frame) => {
  frame.addEventListener("load", () => dress(frame));
});
showTheme();

// The contents: where the reader is, and out of the way after a click.
const places = [...contents.querySelectorAll(".sections a")].map((link) => ({
  link,
  heading: document.getElementById(link.getAttribute("href").slice(1)),
}));

function markPlace() {
  const passed = places.filter(
    ({ heading }) => heading.getBoundingClientRect().top < innerHeight / 3,
  );
  for (const place of places) place.link.setAttribute("aria-current", place === passed.at(-1));
}

addEventListener("scroll", markPlace, { passive: true });
markPlace();
contents.addEventListener("click", (event) => {
  if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
});
const here = contents.querySelector("[aria-current=page]");
if (here) contents.scrollTop = here.offsetTop - contents.clientHeight / 4;

// The search: its words come from search.js the first time somebody asks.
function openSearch() {
  if (search.open) return;
  search.showModal();
  search.querySelector("input").select();
  if (document.getElementById("book-index")) return;
  const script = document.createElement("script");
  script.id = "book-index";
  script.src = "search.js";
  script.onerror = () => {
    const told = "This page is alone: the search needs search.js beside it.";
    search.querySelector("[role=status]").textContent = told;
  };
  document.head.append(script);
}

find.addEventListener("click", openSearch);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  openSearch();
});
find.hidden = dark.hidden = false;
