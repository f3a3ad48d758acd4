// Draws each table of deadlines as bars above it; the table stays for whoever cannot see them.
"use strict";

const colours = ["--good", "--warn", "--bad", "--accent", "--quiet"];
const token = (name) => {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};
const charts = [];
function draw(place) {
  const table = document.getElementById(`table-${place.dataset.chart}`);
  const rows = [...table.querySelectorAll("tbody tr")].filter((row) => row.querySelector("th"));
  if (!rows.length) return;
  const width = place.dataset.chart === "coming" ? 2 : 5;
  const heads = [...table.querySelectorAll("thead th")].slice(1, width + 1).map((one) => one.textContent.trim());
  const names = rows.map((row) => row.querySelector("th").firstChild.textContent.trim());
  place.hidden = false;
  const chart = echarts.getInstanceByDom(place) ?? echarts.init(place);
  const text = token("--text"), line = token("--line");
  chart.setOption({
    aria: { enabled: false },
    animation: false,
    color: (width === 2 ? ["--bad", "--accent"] : colours).map(token),
    textStyle: { color: text },
    legend: { textStyle: { color: text }, type: "scroll", top: 4 },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
    grid: { left: 8, right: 8, bottom: 8, top: 44, containLabel: true },
    xAxis: { type: "category", data: names, axisLabel: { color: text }, axisLine: { lineStyle: { color: line } } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: text }, splitLine: { lineStyle: { color: line } } },
    series: heads.map((name, index) => ({
      name, type: "bar", stack: "all", barMaxWidth: 48,
      data: rows.map((row) => Number(row.querySelectorAll("td")[index].textContent)),
    })),
  });
  if (!charts.includes(chart)) charts.push(chart);
}
const drawAll = () => { for (const place of document.querySelectorAll("[data-chart]")) draw(place); };
drawAll();
document.addEventListener("theme", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
addEventListener("resize", () => { for (const chart of charts) chart.resize(); });
