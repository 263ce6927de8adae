"use strict";
// A figure shows the value nearest to the pointer; a button of its legend hides and shows a series.
for (const figure of document.querySelectorAll("figure")) {
  const plot = figure.querySelector(".plot");
  const svg = plot.querySelector("svg");
  const data = JSON.parse(figure.querySelector("script").textContent);
  const hidden = new Set();

  for (const button of figure.querySelectorAll(".legend button")) {
    button.addEventListener("click", () => {
      const group = Number(button.dataset.group);
      if (!hidden.delete(group)) hidden.add(group);
      const gone = hidden.has(group);
      button.setAttribute("aria-pressed", String(!gone));
      for (const part of svg.querySelectorAll(`g.series[data-group="${group}"]`)) part.classList.toggle("hidden", gone);
      leave();
    });
  }

  const pixel = (axis, value) => {
    const at = !axis.log ? value : value === 0 && axis.zero !== null ? axis.zero : Math.log10(value);
    const [low, high] = axis.ends, [from, to] = axis.pixels;
    return from + (to - from) * (at - low) / (high - low);
  };
  const digits = (value) => {
    const size = Math.abs(value);
    if (value === 0 || (size >= 1e-3 && size < 1e6)) return String(Number(value.toPrecision(5)));
    return value.toExponential(3);
  };

  let tip = null, mark = null;
  const leave = () => {
    if (tip) { tip.remove(); mark.remove(); tip = mark = null; }
  };
  const move = (event) => {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const px = (event.clientX - box.left) * scale, py = (event.clientY - box.top) * scale;
    let best = null;
    for (const panel of [data, ...data.above]) {
      for (const series of panel.series) {
        if (hidden.has(series.group)) continue;
        for (const [x, y, error] of series.points) {
          const dx = pixel(data.x, x) - px, dy = pixel(panel.y, y) - py;
          const distance = dx * dx + dy * dy;
          if (Number.isFinite(distance) && (!best || distance < best.distance)) {
            best = { distance, x, y, error, series, panel };
          }
        }
      }
    }
    if (!best || best.distance > 60 * 60) return leave();
    if (!tip) {
      tip = document.createElement("div");
      tip.className = "tip";
      plot.append(tip);
      mark = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      mark.setAttribute("class", "mark");
      mark.setAttribute("r", "6");
      svg.append(mark);
    }
    const x = pixel(data.x, best.x), y = pixel(best.panel.y, best.y);
    mark.setAttribute("cx", x);
    mark.setAttribute("cy", y);
    const error = best.error ? ` ± ${Number(best.error.toPrecision(2))}` : "";
    tip.replaceChildren(document.createTextNode(best.series.label), document.createElement("br"),
      document.createTextNode(`${digits(best.x)}  →  ${digits(best.y)}${error}`));
    const left = x / scale, top = y / scale, width = tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(left + 10, box.width - width))}px`;
    tip.style.top = `${top > 60 ? top - 54 : top + 14}px`;
  };
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerdown", move);
  svg.addEventListener("pointerleave", leave);
}
for (const button of document.querySelectorAll("button.all")) {
  button.addEventListener("click", () => {
    button.previousElementSibling.classList.add("open");
    button.remove();
  });
}
