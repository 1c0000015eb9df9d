// Look for words in SECTIONS, which stands above: [address, page, title, text] of each section.
const MOST = 30;
const AROUND = 70; // characters of context on either side of a word
const pages = SECTIONS.map(([address, page, title, text]) => ({
  address,
  name: (title || page).toLowerCase(),
  title: title ? `${page} › ${title}` : page,
  text,
}));

/** How well a section answers to a word; 0 when it does not hold it. */
function worth(section, word) {
  const begins = new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(word)}`, "giu");
  const has = (text) => text.toLowerCase().includes(word);
  const inTitle = has(section.title) ? 10 + 20 * (section.title.match(begins)?.length > 0) : 0;
  const inText = has(section.text) ? 1 + Math.min(section.text.match(begins)?.length ?? 0, 5) : 0;
  return inTitle + inText;
}

function escaped(word) {
  return word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** The sections that hold all words, best first: before all the one that is called so. */
function look(words) {
  const named = ({ name }) => 100 * (name === words.join(" "));
  return pages
    .map((section) => ({ section, worths: words.map((word) => worth(section, word)) }))
    .filter(({ worths }) => Math.min(...worths) > 0)
    .map(({ section, worths }) => ({
      section,
      sum: worths.reduce((a, b) => a + b, named(section)),
    }))
    .sort((one, other) => other.sum - one.sum)
    .map(({ section }) => section);
}

/** A line of the text around all words side by side, or else the first of them; else its start. */
function context({ text }, words) {
  const place = (word) => text.toLowerCase().indexOf(word);
  const middle = Math.max(place(words.join(" ")), 0) || Math.max(...words.map(place), 0);
  const start = middle > AROUND ? text.lastIndexOf(" ", middle - AROUND) + 1 : 0;
  const line = text.slice(start, start + 2.5 * AROUND);
  return `${start ? "…" : ""}${line}${start + line.length < text.length ? "…" : ""}`;
}

/** Text with the words marked, as nodes. */
function marked(text, words) {
  const parts = text.split(new RegExp(`(${words.map(escaped).join("|")})`, "gi"));
  return parts.map((part, place) => {
    if (place % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
}

function result(section, words) {
  const [item, link, title] = ["li", "a", "b"].map((name) => document.createElement(name));
  link.href = section.address;
  title.append(...marked(section.title, words));
  link.append(title, ...marked(context(section, words), words));
  item.append(link);
  return item;
}

const box = document.getElementById("book-search");
const [input, status, list] = ["input", "[role=status]", "ol"].map((one) => box.querySelector(one));

function show() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length ? look(words) : [];
  const many = found.length > MOST ? `, the best ${MOST} of them here` : "";
  status.textContent = words.length ? `${found.length} sections${many}` : "";
  list.replaceChildren(...found.slice(0, MOST).map((section) => result(section, words)));
}

/** Arrow keys go through the results, from the line that one types in and back to it. */
function step(event) {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!way) return;
  event.preventDefault();
  const stops = [input, ...list.querySelectorAll("a")];
  const next = stops.indexOf(document.activeElement) + way;
  stops[Math.max(0, Math.min(next, stops.length - 1))].focus();
}

input.addEventListener("input", show);
box.addEventListener("keydown", step);
box.addEventListener("click", (event) => event.target.closest("a") && box.close());
box.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  list.querySelector("a")?.click();
});
show();
