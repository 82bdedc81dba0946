// Draws the map of villages from the data in the page; every colour comes with a word.
"use strict";
(function () {
  const box = document.getElementById("treemap");
  const data = JSON.parse(document.getElementById("treemap-data").textContent);
  if (!data.length) { box.hidden = true; return; }
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    tooltip: { formatter: (point) => echarts.format.encodeHTML(point.data.tip || point.name), confine: true },
    series: [{
      type: "treemap", data: data, roam: false, nodeClick: false, breadcrumb: { show: false },
      left: 0, right: 0, top: 0, bottom: 0, visibleMin: 0,
      label: { fontSize: 12, lineHeight: 15, color: "#ffffff", opacity: 1, overflow: "truncate" },
      upperLabel: { show: true, height: 24, color: "#1d2733", opacity: 1, fontWeight: "bold" },
      levels: [
        { itemStyle: { gapWidth: 3, borderWidth: 0 }, upperLabel: { show: false } },
        { itemStyle: { borderColor: "#dfe5ea", borderWidth: 2, gapWidth: 1 } },
        { itemStyle: { borderColor: "#ffffff", borderWidth: 1 } },
      ],
    }],
  });
  chart.on("click", (point) => { if (point.data.link) { window.location.href = point.data.link; } });
  window.addEventListener("resize", () => chart.resize());
})();
