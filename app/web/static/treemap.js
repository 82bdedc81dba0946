// Draws the map of villages from the data in the page: every colour comes from there, with a sign.
"use strict";
(function () {
  const NARROW = 700, MANY = 40;
  const box = document.getElementById("treemap");
  const towns = JSON.parse(document.getElementById("treemap-data").textContent);
  if (!towns.length) { box.closest("section").hidden = true; return; }
  const many = towns.reduce((sum, town) => sum + town.children.length, 0) > MANY;
  let chart = null, narrow = null;

  function option() {
    return {
      animation: false,
      tooltip: {
        confine: true, extraCssText: "white-space: normal; max-width: 22em",
        formatter: (point) => echarts.format.encodeHTML(point.data.tip || point.name),
      },
      series: [{
        type: "treemap", data: narrow ? towns.map((town) => town.alone) : towns,
        roam: false, nodeClick: false, breadcrumb: { show: false }, visibleMin: 0, squareRatio: 1,
        left: 0, right: 0, top: 0, bottom: 0,
        label: {
          color: "#ffffff", opacity: 1, overflow: "break", padding: 2,
          fontSize: many ? 12 : 14, lineHeight: many ? 15 : 20,
        },
        upperLabel: { show: !narrow, height: 24, color: "#1d2733", opacity: 1, fontSize: 13, fontWeight: "bold" },
        levels: [
          { itemStyle: { gapWidth: 3, borderWidth: 0 }, upperLabel: { show: false } },
          { itemStyle: { borderColor: narrow ? "#ffffff" : "#dfe5ea", borderWidth: 2, gapWidth: 1 } },
          { itemStyle: { borderColor: "#ffffff", borderWidth: 1 } },
        ],
      }],
    };
  }

  // On a small screen a whole district is drawn by towns: its villages would be too small to read.
  function draw() {
    const now = many && box.clientWidth < NARROW;
    if (chart && now === narrow) { chart.resize(); return; }
    narrow = now;
    if (chart) { chart.dispose(); }
    chart = echarts.init(box);
    chart.setOption(option());
    chart.on("click", (point) => { if (point.data.link) { window.location.href = point.data.link; } });
  }

  draw();
  window.addEventListener("resize", draw);
})();
