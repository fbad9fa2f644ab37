// Pictures of the tables that stand below them: the same cells, so that they cannot say anything else.
const NANO = 1e9;
const script = document.querySelector("script[data-charts]");
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

// The colours of the style sheet, as they are now; a probe resolves light-dark().
const colours = () => {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  const found = {};
  for (const name of ["ink", "soft", "line", "card", "accent", "bar", "loud", "loud-bar"]) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
};

const rowsOf = (holder) =>
  [...document.getElementById(holder.dataset.of).querySelectorAll("tbody tr")].map((row) => ({
    loud: row.classList.contains("unassigned"),
    cells: [...row.cells].map((cell) => cell.dataset.value ?? cell.textContent.trim()),
    texts: [...row.cells].map((cell) => cell.textContent.trim()),
  }));

const headings = (holder) =>
  [...document.getElementById(holder.dataset.of).querySelectorAll("thead th")].map((cell) => cell.textContent.trim());

const dollars = (amount) =>
  amount.toLocaleString("en-US", { style: "currency", currency: "USD", maximumFractionDigits: amount >= 10 || amount === 0 ? 0 : 2 });

const tooltip = (colour) => ({
  renderMode: "richText",
  confine: true,
  backgroundColor: colour.card,
  borderColor: colour.line,
  textStyle: { color: colour.ink, fontSize: 13 },
});

const time = (holder, colour) => {
  const rows = rowsOf(holder);
  const names = headings(holder);
  const billed = names.indexOf("Billed");
  const text = { color: colour.soft, fontSize: 12 };
  const series = [{
    name: "Estimated", type: "bar", data: rows.map((row) => Number(row.cells[2]) / NANO),
    itemStyle: { color: colour.bar, borderRadius: [3, 3, 0, 0] }, barMaxWidth: 28, barCategoryGap: "30%",
    emphasis: { itemStyle: { color: colour.accent } },
  }];
  if (billed > 0) {
    series.push({
      name: "Billed", type: "line", showSymbol: rows.length < 40, symbolSize: 6, connectNulls: false,
      data: rows.map((row) => (row.cells[billed] ? Number(row.cells[billed]) / NANO : null)),
      lineStyle: { color: colour.accent, width: 2 }, itemStyle: { color: colour.accent },
    });
  }
  return {
    grid: { left: 8, right: 8, top: 16, bottom: 4, containLabel: true },
    tooltip: { ...tooltip(colour), trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (shown) => {
        const row = rows[shown[0].dataIndex];
        const lines = [row.texts[0], `Estimated  ${row.texts[2]}`, `Calls  ${row.texts[1]}`];
        if (billed > 0) lines.push(`Billed  ${row.texts[billed]}`);
        return lines.join("\n");
      } },
    xAxis: { type: "category", data: rows.map((row) => row.cells[0].slice(5)), axisTick: { show: false },
      axisLine: { lineStyle: { color: colour.line } }, axisLabel: { ...text, hideOverlap: true } },
    yAxis: { type: "value", splitNumber: 3, axisLabel: { ...text, formatter: dollars },
      splitLine: { lineStyle: { color: colour.line } } },
    series,
  };
};

const flow = (holder, colour) => {
  const rows = rowsOf(holder).filter((row) => BigInt(row.cells[4]) > 0n);
  const nodes = new Map();
  const links = new Map();
  const node = (depth, name, loud) => {
    const key = `${depth}\u0000${name}`;
    if (!nodes.has(key)) {
      nodes.set(key, { name: key, depth, itemStyle: { color: loud ? colour["loud-bar"] : depth === 1 ? colour.bar : colour.accent } });
    }
    return key;
  };
  const link = (source, target, amount) => {
    const key = `${source}\u0001${target}`;
    const known = links.get(key) ?? { source, target, value: 0 };
    known.value += amount;
    links.set(key, known);
  };
  for (const row of rows) {
    const amount = Number(row.cells[4]) / NANO;
    const places = [node(0, row.texts[0], false), node(1, row.texts[1], false), node(2, row.texts[2], row.loud)];
    link(places[0], places[1], amount);
    link(places[1], places[2], amount);
  }
  const narrow = holder.clientWidth < 560;
  const named = (key) => key.split("\u0000")[1];
  return {
    tooltip: { ...tooltip(colour), trigger: "item",
      formatter: (shown) => (shown.dataType === "edge"
        ? `${named(shown.data.source)} → ${named(shown.data.target)}\n${dollars(shown.data.value)}`
        : `${named(shown.name)}\n${dollars(shown.value)}`) },
    series: [{
      type: "sankey", left: 4, right: narrow ? 92 : 150, top: 12, bottom: 12, nodeWidth: 12, nodeGap: narrow ? 8 : 14,
      draggable: false, layoutIterations: 64, data: [...nodes.values()], links: [...links.values()],
      label: { color: colour.ink, fontSize: narrow ? 11 : 13, formatter: (shown) => named(shown.name),
        width: narrow ? 84 : 138, overflow: "truncate" },
      lineStyle: { color: "source", opacity: 0.22, curveness: 0.5 }, emphasis: { focus: "adjacency" },
    }],
  };
};

const KINDS = { time, flow };
const drawn = [];

const draw = (init, holder) => {
  const chart = init(holder, null, { renderer: "svg" });
  const paint = () => chart.setOption({ animation: !still, animationDuration: 300, ...KINDS[holder.dataset.chart](holder, colours()) }, true);
  paint();
  drawn.push(paint);
  new ResizeObserver(() => chart.resize()).observe(holder);
};

const holders = [...document.querySelectorAll("[data-chart]")];
if (script && holders.length) {
  const { init } = await import(script.dataset.charts);
  for (const holder of holders) {
    holder.classList.add("drawn");
    draw(init, holder);
  }
  const repaint = () => drawn.forEach((paint) => paint());
  document.addEventListener("themechange", repaint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
}
