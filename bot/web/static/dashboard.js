// Charts, drawn from the tables that stand below them: one truth, for eyes and readers.
"use strict";

{
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (token) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const TONES = { negative: "bad", positive: "good", neutral: "edge", before: "edge", mentions: "accent", tagged: "warn", in_scope: "bad", to_judge: "note", influencer: "note", first_by_bot: "note", first_by_person: "accent", first_by_regulator: "good" };
  const OTHERS = ["accent", "note", "warn", "good", "bad", "edge"];

  const read = (figure) => {
    const table = figure.querySelector("table");
    const rows = [...table.tBodies[0].rows];
    return {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      links: rows.map((row) => row.cells[0].querySelector("a")?.href),
      spikes: rows.flatMap((row, at) => ("spike" in row.dataset ? [at] : [])),
      lines: [...table.tHead.rows[0].cells].slice(1).map((head, at) => ({
        key: head.dataset.line,
        sought: head.dataset.sought,
        name: head.textContent.trim(),
        numbers: rows.map((row) => Number(row.cells[at + 1].textContent)),
      })),
    };
  };

  const options = (figure, told) => {
    const kind = figure.dataset.kind, quiet = colour("quiet"), line = colour("line");
    return {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      backgroundColor: "transparent",
      textStyle: { color: colour("text"), fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 12, top: told.lines.length > 1 ? 36 : 12, bottom: 4, containLabel: true },
      legend: { show: told.lines.length > 1, top: 0, type: "scroll", textStyle: { color: quiet }, inactiveColor: line },
      // Drawn, not written as HTML: the page allows no style in markup.
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: kind === "line" ? "line" : "shadow" }, backgroundColor: colour("panel"), borderColor: line, textStyle: { color: colour("text") } },
      xAxis: { type: "category", data: told.labels, boundaryGap: kind !== "line", axisLabel: { color: quiet, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
      yAxis: { type: "value", minInterval: 1, axisLabel: { color: quiet }, splitLine: { lineStyle: { color: line } } },
      series: told.lines.map((one, at) => ({
        name: one.name,
        type: kind === "line" ? "line" : "bar",
        stack: kind === "stack" ? "all" : undefined,
        data: one.numbers,
        symbol: told.labels.length > 40 ? "none" : "circle",
        symbolSize: 5,
        triggerLineEvent: true,
        barCategoryGap: "20%",
        itemStyle: { color: colour(TONES[one.key] ?? OTHERS[at % OTHERS.length]) },
        lineStyle: one.key === "before" ? { type: "dashed", width: 1 } : { width: 2 },
        markPoint: at === 0 && told.spikes.length ? {
          symbol: "pin", symbolSize: 28, itemStyle: { color: colour("warn") }, label: { show: false },
          data: told.spikes.map((spike) => ({ coord: [spike, one.numbers[spike]] })),
        } : undefined,
      })),
    };
  };

  const drawn = [];
  const save = (href, name) => {
    const link = document.createElement("a");
    link.href = href;
    link.download = name;
    link.click();
  };
  for (const figure of document.querySelectorAll("[data-chart]")) {
    const told = read(figure), place = figure.querySelector(".drawn");
    if (!told.lines.some((one) => one.numbers.some(Boolean))) continue;
    place.hidden = false;
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption(options(figure, told));
    chart.on("click", ({ dataIndex, seriesIndex, componentType, data }) => {
      const at = componentType === "markPoint" ? data.coord[0] : dataIndex;
      const link = told.links[at], sought = told.lines[seriesIndex]?.sought;
      if (link) location.href = sought ? `${link}&${sought}` : link;
    });
    drawn.push([figure, told, chart]);
    const name = figure.dataset.chart;
    for (const button of figure.querySelectorAll("[data-saves]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        if (button.dataset.saves === "png") {
          save(chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: colour("panel") }), `${name}.png`);
          return;
        }
        const paper = echarts.init(null, null, { renderer: "svg", ssr: true, width: 960, height: 420 });
        paper.setOption({ ...options(figure, told), animation: false, backgroundColor: colour("panel") });
        const href = URL.createObjectURL(new Blob([paper.renderToSVGString()], { type: "image/svg+xml" }));
        save(href, `${name}.svg`);
        paper.dispose();
        setTimeout(() => URL.revokeObjectURL(href), 1000);
      });
    }
  }
  const again = () => { for (const [figure, told, chart] of drawn) chart.setOption(options(figure, told)); };
  document.addEventListener("theme", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new ResizeObserver(() => { for (const [, , chart] of drawn) chart.resize(); }).observe(document.getElementById("main"));
}
