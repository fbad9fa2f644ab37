// Tables sort by their headings, which become buttons: without scripts they stand as the server ordered them.
const value = (row, place) => {
  const cell = row.cells[place];
  const text = cell?.dataset.value ?? cell?.textContent.trim() ?? "";
  return /^-?\d+$/.test(text) ? BigInt(text) : text;
};

const compare = (one, other) => {
  if (typeof one === "bigint" && typeof other === "bigint") return one < other ? -1 : one > other ? 1 : 0;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
};

const sort = (table, heading, place) => {
  const figures = heading.classList.contains("number");
  const was = heading.getAttribute("aria-sort");
  const order = was ? (was === "ascending" ? "descending" : "ascending") : figures ? "descending" : "ascending";
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  const body = table.tBodies[0];
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...body.rows].sort((one, other) => sign * compare(value(one, place), value(other, place)));
  body.append(...rows);
};

for (const table of document.querySelectorAll("table[data-sortable]")) {
  [...table.tHead.rows[0].cells].forEach((heading, place) => {
    if (heading.tagName !== "TH" || table.tBodies[0].rows.length < 2) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => sort(table, heading, place));
  });
}
