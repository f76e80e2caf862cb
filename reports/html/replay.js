// Replays a sample of cases on the map, when a reader says so: a dot moves along
// the path a case is on. Nothing moves by itself where less motion is wanted;
// the slider still shows any moment. The data are numbers only.
(function () {
  "use strict";
  var LASTS = 45000, BENDS = 24; // milliseconds of a replay; points of a path
  document.querySelectorAll(".process").forEach(function (process) {
    var island = process.querySelector(".replay-data"), box = process.querySelector(".replay");
    if (!island || !box) return;
    var data = JSON.parse(island.textContent);
    var button = box.querySelector("button"), slider = box.querySelector("input"), said = box.querySelector("output");
    var calm = matchMedia("(prefers-reduced-motion: reduce)");
    var now = 0, running = 0, last = 0, stage = null; // now: 0 to 1
    var date = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, {day: "numeric", month: "short", year: "numeric", timeZone: "UTC"});

    // The legs of all cases on the level that is shown: from when to when, along what.
    var set = function () {
      if (stage) stage.layer.remove();
      var levels = Array.prototype.slice.call(process.querySelectorAll(".level"));
      var shown = Math.max(0, levels.findIndex(function (l) { return l.checkVisibility ? l.checkVisibility() : l.offsetParent; }));
      var svg = levels[shown].querySelector(".map"), numbers = data.levels[shown], lines = {};
      svg.querySelectorAll(".path").forEach(function (p) { lines[p.dataset.way] = p.querySelector(".line"); });
      var bends = function (line) {
        if (line.bends) return line.bends;
        var length = line.getTotalLength();
        line.bends = [];
        for (var i = 0; i <= BENDS; i++) line.bends.push(line.getPointAtLength(length * i / BENDS));
        return line.bends;
      };
      var layer = document.createElementNS(svg.namespaceURI, "g");
      layer.setAttribute("class", "tokens");
      layer.setAttribute("aria-hidden", "true");
      svg.append(layer);
      stage = {layer: layer, cases: data.cases.map(function (flat) {
        var legs = [], at = 0, from = -1, since = 0;
        for (var i = 0; i < flat.length; i += 2) {
          at += flat[i + 1] * 60;
          var to = numbers[flat[i]];
          if (to < 0) continue;
          var line = from < 0 ? null : lines[from + " " + to];
          if (line && at > since) legs.push({since: since, until: at, bends: bends(line)});
          from = to;
          since = at;
        }
        return {legs: legs, leg: 0, dot: null};
      })};
    };
    var show = function () {
      if (!stage) set();
      var at = now * data.seconds;
      stage.cases.forEach(function (c) {
        if (c.leg >= c.legs.length || at < c.legs[c.leg].since) c.leg = 0;
        while (c.leg < c.legs.length && c.legs[c.leg].until <= at) c.leg++;
        var leg = c.legs[c.leg], on = leg && leg.since <= at && now > 0;
        if (!on) {
          if (c.dot) { c.dot.remove(); c.dot = null; }
          return;
        }
        if (!c.dot) {
          c.dot = document.createElementNS(stage.layer.namespaceURI, "circle");
          c.dot.setAttribute("class", "token");
          c.dot.setAttribute("r", "5");
          stage.layer.append(c.dot);
        }
        var part = (at - leg.since) / (leg.until - leg.since) * BENDS, k = Math.min(BENDS - 1, Math.floor(part));
        var a = leg.bends[k], b = leg.bends[k + 1], f = part - k;
        c.dot.setAttribute("cx", (a.x + (b.x - a.x) * f).toFixed(1));
        c.dot.setAttribute("cy", (a.y + (b.y - a.y) * f).toFixed(1));
      });
      slider.value = Math.round(now * 1000);
      var day = date.format(new Date((data.first + at) * 1000));
      slider.setAttribute("aria-valuetext", day);
      said.textContent = day;
    };
    var stop = function () {
      cancelAnimationFrame(running);
      running = 0;
      button.textContent = button.dataset.play;
    };
    var step = function (time) {
      if (calm.matches) return stop();
      now = Math.min(1, now + Math.min(time - last, 100) / LASTS);
      last = time;
      show();
      if (now < 1) running = requestAnimationFrame(step); else stop();
    };
    button.addEventListener("click", function () {
      if (running || calm.matches) return stop();
      if (now >= 1) now = 0;
      button.textContent = button.dataset.pause;
      last = performance.now();
      running = requestAnimationFrame(step);
    });
    slider.addEventListener("input", function () {
      stop();
      now = slider.value / 1000;
      show();
    });
    process.querySelectorAll(".controls input[name=level]").forEach(function (input) {
      input.addEventListener("change", function () {
        if (!stage) return;
        set();
        show();
      });
    });
    calm.addEventListener("change", stop);
    addEventListener("beforeprint", function () {
      stop();
      if (stage) { now = 0; show(); }
    });
    said.textContent = date.format(new Date(data.first * 1000));
    slider.setAttribute("aria-valuetext", said.textContent);
    box.hidden = false;
  });
})();
