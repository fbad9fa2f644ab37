// New calls take their place at the top as they are booked. Every text is set as text.
const MOST_ROWS = 100;
const script = document.querySelector("script[data-stream]");
const state = document.querySelector("[data-live-state]");
const body = document.querySelector("main table tbody");

const cellOf = (cell, first) => {
  const made = document.createElement(first ? "th" : "td");
  if (first) made.scope = "row";
  if (cell.number) made.className = "number";
  made.dataset.value = cell.value;
  const holder = cell.href ? document.createElement("a") : made;
  holder.textContent = cell.text;
  if (cell.href) {
    holder.href = cell.href;
    made.append(holder);
  }
  return made;
};

const show = (call) => {
  const known = [...body.rows].find((row) => row.dataset.key === call.id);
  if (known) return;
  const row = document.createElement("tr");
  row.dataset.key = call.id;
  row.className = ["new", call.mark].filter(Boolean).join(" ");
  row.append(...call.cells.map((cell, place) => cellOf(cell, place === 0)));
  body.prepend(row);
  while (body.rows.length > MOST_ROWS) body.rows[body.rows.length - 1].remove();
};

if (script) {
  const source = new EventSource(script.dataset.stream);
  source.addEventListener("open", () => { state.textContent = "Live: new calls appear by themselves."; });
  source.addEventListener("error", () => {
    state.textContent = source.readyState === EventSource.CLOSED
      ? "Not live any more: reload the page." : "The collector does not answer; trying again.";
  });
  source.addEventListener("message", (event) => {
    if (!body) { location.reload(); return; }
    show(JSON.parse(event.data));
  });
  addEventListener("pagehide", () => source.close());
}
