/*! Charts: Apache ECharts 6.1.0, Copyright 2017-2026 The Apache Software Foundation,
under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0.
Its notice and the licence of zrender, which is in it, are at the head of its script. */
// A chart that is pointed at is drawn again by ECharts, which tells what is under
// the pointer; left, printed and without script it is the picture that the page
// has of it. Colours are the picture's, words are the island's and only ever set as text.
(function () {
  "use strict";
  var packed = document.querySelector("script.echarts");
  if (!packed || !window.DecompressionStream) return;

  // ASCII 85, of which three signs are others: see echarts.go.
  var unpack = function (text) {
    var bytes = new Uint8Array(Math.ceil(text.length * 4 / 5) + 4), n = 0, group = [];
    var put = function (digits) {
      var x = 0;
      for (var k = 0; k < 5; k++) x = x * 85 + (k < digits.length ? digits[k] : 84);
      for (k = 0; k < digits.length - 1; k++) bytes[n++] = Math.floor(x / Math.pow(256, 3 - k)) % 256;
    };
    for (var i = 0; i < text.length; i++) {
      var c = text[i];
      if (c === "z") { put([0, 0, 0, 0, 0]); continue; }
      group.push({v: 27, w: 1, x: 59}[c] || c.charCodeAt(0) - 33);
      if (group.length === 5) { put(group); group = []; }
    }
    if (group.length > 0) put(group);
    var plain = new Blob([bytes.subarray(0, n)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(plain).text();
  };
  var loaded;
  var load = function () {
    loaded = loaded || unpack(JSON.parse(packed.textContent)).then(function (code) {
      var script = document.createElement("script");
      script.textContent = code; // the page's policy knows its hash
      document.head.append(script);
      return window.echarts;
    });
    return loaded;
  };

  var fontSize = 11.5;
  var axisOf = function (more, ink) {
    return Object.assign({axisTick: {show: false}, splitLine: {show: false}, axisLine: {show: false}, axisLabel: {color: ink, fontSize: fontSize, hideOverlap: true}}, more);
  };
  var told = function (rows) { // what a tip says: a heading, then names and values
    var tip = document.createElement("div");
    rows.forEach(function (r, i) {
      var p = document.createElement(i ? "div" : "strong");
      p.textContent = r;
      tip.append(p);
    });
    return tip;
  };

  // Each kind of chart says what ECharts is to draw. of tells a colour of the
  // picture; w is the width.
  var kinds = {
    trend: function (d, of, w) {
      var at = d.ticks.map(function (t) { return t.At; }), name = {};
      d.ticks.forEach(function (t) { name[t.At] = t.Text; });
      var flat = function (v) { return d.labels.map(function () { return v; }); };
      var help = {type: "line", symbol: "none", silent: true, lineStyle: {width: 0}, tooltip: {show: false}};
      var series = d.series.map(function (s, k) {
        var line = of(k ? ".second" : ".line", "stroke");
        return {type: "line", name: s.Name, z: 5 - Math.min(k, 2), color: line, lineStyle: {width: 1.8, type: k ? "dashed" : "solid", color: line},
          showSymbol: k === 0, symbol: k ? "none" : "circle", emphasis: {disabled: true},
          data: s.V.map(function (v, i) {
            if (s.Out.indexOf(i) < 0) return {value: v, symbolSize: 5};
            return {value: v, symbolSize: 9, itemStyle: {color: of(".out", "fill"), borderColor: of(".out", "stroke"), borderWidth: 2.4}};
          }),
          endLabel: {show: d.series.length > 1 && w > 600, formatter: function () { return s.Name; }, color: of(".said", "fill"), fontSize: fontSize, fontWeight: 600, width: 240, overflow: "truncate"}};
      });
      if (d.limits) {
        series.push(Object.assign({stack: "limits", data: flat(d.limits.Low)}, help),
          Object.assign({stack: "limits", data: flat(d.limits.High - d.limits.Low)}, help, {areaStyle: {color: of(".band", "fill"), opacity: 1}, z: 1}),
          Object.assign({data: flat(d.limits.Mean)}, help, {lineStyle: {width: 1, type: "dotted", color: of(".mean", "stroke")}, z: 2}));
      }
      return {
        grid: {left: 0, right: d.series.length > 1 && w > 600 ? 200 : 14, top: 16, bottom: 2},
        xAxis: axisOf({type: "category", data: d.labels, boundaryGap: false}, of("text", "fill")),
        yAxis: axisOf({type: "value", min: at[0], max: at[at.length - 1], interval: at[1] - at[0], splitLine: {lineStyle: {color: of(".grid", "stroke")}},
          axisLabel: {color: of("text", "fill"), fontSize: fontSize, customValues: at, formatter: function (v) { return name[v] || ""; }}}),
        series: series, trigger: "axis",
        tell: function (i) {
          return [d.labels[i]].concat(d.series.map(function (s) { return (d.series.length > 1 ? s.Name + ": " : "") + s.Texts[i]; }));
        },
      };
    },
    columns: function (d, of) { // the bars on one axis, what lies between them on another
      var n = d.bars.length, most = Math.max.apply(null, d.bars.map(function (b) { return b[1]; }).concat(1)), name = {};
      d.ticks.forEach(function (t) { name[t.At] = t.Text; });
      var ink = of("text", "fill");
      return {
        grid: {left: 0, right: 0, top: 6 + 14 * d.marks.length, bottom: 2},
        xAxis: [axisOf({type: "category", data: d.bars.map(function (b) { return b[0]; }), axisLabel: {show: false}}),
          axisOf({type: "value", position: "bottom", min: 0, max: n, axisLine: {show: true, lineStyle: {color: of(".axis", "stroke")}}, axisPointer: {show: false, triggerTooltip: false},
            axisLabel: {color: ink, fontSize: fontSize, hideOverlap: true, alignMinLabel: "left", customValues: d.ticks.map(function (t) { return t.At; }), formatter: function (v) { return name[v] || ""; }}})],
        yAxis: axisOf({type: "value", min: 0, max: most, axisLabel: {show: false}}),
        series: [{type: "bar", barCategoryGap: 2, color: of(".bar", "fill"), emphasis: {disabled: true}, barMinHeight: 1,
          data: d.bars.map(function (b) { return b[1]; })}].concat(d.marks.map(function (m, k) {
          var at = Math.min(m.At, n), before = at > n * 0.7;
          return {type: "line", xAxisIndex: 1, silent: true, symbol: "none", z: 4, clip: false, tooltip: {show: false}, data: [[at, 0], [at, most]],
            lineStyle: {color: of(".mark", "stroke"), width: 1.3, type: "dashed"},
            endLabel: {show: true, formatter: function () { return m.Text; }, align: before ? "right" : "left", distance: 0, offset: [before ? -4 : 4, -7 - 14 * (d.marks.length - 1 - k)],
              color: of(".said", "fill"), fontSize: fontSize, fontWeight: 600}};
        })), trigger: "axis",
        tell: function (i) { return [d.bars[i][0], d.bars[i][2]]; },
      };
    },
    stack: function (d, of, w) {
      var series = d.names.map(function (name) {
        return {type: "bar", name: name, stack: "all", barWidth: 30, emphasis: {disabled: true}, data: d.bars.map(function () { return null; })};
      });
      d.bars.forEach(function (b, i) {
        b.Parts.forEach(function (p) {
          series[d.names.indexOf(p.Name)].data[i] = {value: p.To - p.From, itemStyle: {color: of(".t" + p.Tone % 12, "fill")},
            label: {show: (p.To - p.From) * w > p.Text.length * 7, position: [0, 34], formatter: function () { return p.Text; }, color: of("text", "fill"), fontSize: fontSize}};
        });
      });
      return {
        grid: {left: 0, right: 0, top: 0, bottom: 0},
        xAxis: axisOf({type: "value", min: 0, max: 1, axisLabel: {show: false}}),
        yAxis: axisOf({type: "category", inverse: true, data: d.bars.map(function (b) { return b.Label; }), axisLabel: {inside: true, margin: 0, align: "left", verticalAlign: "bottom",
          padding: [0, 0, 22, 0], color: of(".said", "fill"), fontSize: fontSize, fontWeight: 600}, z: 9}),
        series: series, trigger: "item",
        tell: function (i, name) {
          var p = d.bars[i].Parts.find(function (p) { return p.Name === name; });
          return [d.bars[i].Label, p.Name + ": " + p.Text];
        },
      };
    },
  };

  document.querySelectorAll(".plot").forEach(function (plot) {
    var island = plot.querySelector("script");
    if (!island) return;
    var host, chart, wanted = false;
    var rest = function () {
      wanted = false;
      if (!chart) return;
      chart.dispose();
      host.remove();
      chart = null;
      plot.classList.remove("live");
    };
    var live = function (echarts) {
      var picture = Array.from(plot.querySelectorAll("svg")).find(function (s) { return s.getClientRects().length > 0; });
      if (!wanted || chart || !picture) return;
      var data = JSON.parse(island.textContent), box = picture.getBoundingClientRect(), page = getComputedStyle(document.body);
      var of = function (what, property) {
        var e = picture.querySelector(what);
        return e ? getComputedStyle(e)[property] : page.color;
      };
      var o = kinds[data.kind](data, of, box.width), tell = o.tell;
      host = document.createElement("div");
      host.className = "host";
      host.style.width = box.width + "px";
      host.style.height = box.height + "px";
      o.grid.outerBoundsMode = "same";
      o.tooltip = {trigger: o.trigger, confine: true, transitionDuration: 0, backgroundColor: getComputedStyle(plot.closest(".card")).backgroundColor, borderColor: page.color, padding: [6, 9],
        textStyle: {color: page.color, fontSize: 12.6, fontFamily: page.fontFamily}, axisPointer: {type: "line", lineStyle: {color: of("text", "fill")}},
        formatter: function (p) { // of an axis: of all series, in their order
          p = Array.isArray(p) ? p.find(function (x) { return x.seriesIndex === 0; }) : p;
          if (!p) return "";
          return told(tell(p.dataIndex, p.seriesName));
        }};
      o.animation = false;
      o.textStyle = {fontFamily: page.fontFamily};
      delete o.tell;
      delete o.trigger;
      plot.classList.add("live");
      plot.append(host);
      chart = echarts.init(host, null, {renderer: "svg", width: box.width, height: box.height});
      chart.setOption(o);
    };
    plot.addEventListener("pointerenter", function () { wanted = true; load().then(live); });
    plot.addEventListener("pointerleave", function (e) { if (e.pointerType !== "touch") rest(); }); // a finger leaves as soon as it is lifted
    document.addEventListener("pointerdown", function (e) { if (!plot.contains(e.target)) rest(); });
    ["resize", "beforeprint"].forEach(function (what) { addEventListener(what, rest); });
  });
})();
