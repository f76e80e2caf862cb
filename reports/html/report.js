// Adds to a page what reading it does not need: choose an activity in the map
// to see what leads to it and what follows. Names are only ever set as text.
(function () {
  "use strict";
  document.querySelectorAll(".process").forEach(function (process) {
    var panel = process.querySelector(".chosen-activity");
    var centre = function () {
      process.querySelectorAll(".level .scroll").forEach(function (host) {
        var svg = host.querySelector(".map");
        if (!svg || !host.clientWidth || host.scrollWidth <= host.clientWidth) return;
        var first = svg.querySelector(".terminal circle").getBoundingClientRect();
        host.scrollLeft += first.left - host.getBoundingClientRect().left - host.clientWidth / 2;
      });
    };
    var clear = function () {
      process.querySelectorAll(".faint").forEach(function (e) { e.classList.remove("faint"); });
      process.querySelectorAll(".chosen").forEach(function (e) {
        e.classList.remove("chosen");
        e.setAttribute("aria-pressed", "false");
      });
      panel.replaceChildren();
      panel.hidden = true;
    };
    var add = function (tag, text) {
      var e = document.createElement(tag);
      e.textContent = text;
      panel.append(e);
      return e;
    };
    var choose = function (svg, act) {
      var again = act.classList.contains("chosen");
      clear();
      if (again) return;
      act.classList.add("chosen");
      act.setAttribute("aria-pressed", "true");
      var n = act.dataset.n, near = {}, said = [];
      near[n] = true;
      svg.querySelectorAll(".path").forEach(function (p) {
        var ends = p.dataset.way.split(" ");
        if (ends.indexOf(n) < 0) return p.classList.add("faint");
        near[ends[0]] = near[ends[1]] = true;
        said.push(p.querySelector("title").textContent);
      });
      svg.querySelectorAll(".label").forEach(function (l) {
        if (l.dataset.way.split(" ").indexOf(n) < 0) l.classList.add("faint");
      });
      svg.querySelectorAll(".act").forEach(function (a) {
        if (!near[a.dataset.n]) a.classList.add("faint");
      });
      add("h3", act.querySelector("title").textContent);
      var list = add("ul", "");
      said.reverse().forEach(function (text) { // the most frequent first
        var li = document.createElement("li");
        li.textContent = text;
        list.append(li);
      });
      panel.hidden = false;
    };
    process.querySelectorAll("svg.map").forEach(function (svg) {
      svg.setAttribute("role", "group");
      svg.querySelectorAll(".act").forEach(function (act) {
        act.setAttribute("role", "button");
        act.setAttribute("tabindex", "0");
        act.setAttribute("aria-pressed", "false");
        act.addEventListener("click", function () { choose(svg, act); });
        act.addEventListener("keydown", function (e) {
          if (e.key === "Enter" || e.key === " ") { e.preventDefault(); choose(svg, act); }
          if (e.key === "Escape") clear();
        });
      });
    });
    process.querySelectorAll(".controls input").forEach(function (input) {
      input.addEventListener("change", function () {
        if (input.name === "level") clear();
        centre();
      });
    });
    centre();
    addEventListener("resize", centre);
    addEventListener("beforeprint", clear);
  });
})();
