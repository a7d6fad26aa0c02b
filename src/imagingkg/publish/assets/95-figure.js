/* ==== 95 figure: the map or the graph as it stands, as SVG or PNG ==== */
/** A pen that records SVG: the part of a canvas that the pictures use, by the same names. */
class SvgPen {
  constructor(width, height, measure) {
    this.root = svg("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` });
    this.group = this.root;
    this.measure = measure;
    Object.assign(this, {
      d: "",
      at: [0, 0],
      scaled: 1,
      globalAlpha: 1,
      lineWidth: 1,
      fillStyle: "#000",
      strokeStyle: "#000",
      font: "12px sans-serif",
      textAlign: "left",
      textBaseline: "middle",
      lineCap: "butt",
      lineJoin: "miter",
    });
  }
  translate(x, y) {
    this.at = [this.at[0] + x * this.scaled, this.at[1] + y * this.scaled];
  }
  scale(k) {
    this.scaled *= k;
  }
  p(x, y) {
    return `${+(x * this.scaled + this.at[0]).toFixed(2)} ${+(y * this.scaled + this.at[1]).toFixed(2)}`;
  }
  beginPath() {
    this.d = "";
  }
  moveTo(x, y) {
    this.d += `M${this.p(x, y)}`;
  }
  lineTo(x, y) {
    this.d += `L${this.p(x, y)}`;
  }
  closePath() {
    this.d += "Z";
  }
  bezierCurveTo(a, b, c, d, x, y) {
    this.d += `C${this.p(a, b)} ${this.p(c, d)} ${this.p(x, y)}`;
  }
  quadraticCurveTo(a, b, x, y) {
    this.d += `Q${this.p(a, b)} ${this.p(x, y)}`;
  }
  /** Always a full circle, as the pictures draw no other arc. */
  arc(x, y, r) {
    const k = +(r * this.scaled).toFixed(2);
    this.d += `M${this.p(x + r, y)}A${k} ${k} 0 1 1 ${this.p(x - r, y)}A${k} ${k} 0 1 1 ${this.p(x + r, y)}Z`;
  }
  roundRect(x, y, w, height) {
    this.d += `M${this.p(x, y)}L${this.p(x + w, y)}L${this.p(x + w, y + height)}L${this.p(x, y + height)}Z`;
  }
  put(tag, attributes, text) {
    const element = svg(tag, attributes);
    if (this.globalAlpha < 1) element.setAttribute("opacity", String(+this.globalAlpha.toFixed(3)));
    if (text !== undefined) element.textContent = text;
    this.root.append(element);
  }
  fill() {
    if (this.d) this.put("path", { d: this.d, fill: this.fillStyle });
  }
  stroke() {
    if (this.d)
      this.put("path", {
        d: this.d,
        fill: "none",
        stroke: this.strokeStyle,
        "stroke-width": +(this.lineWidth * this.scaled).toFixed(2),
        "stroke-linecap": this.lineCap,
      });
  }
  fillRect(x, y, w, height) {
    this.beginPath();
    this.roundRect(x, y, w, height);
    this.fill();
  }
  measureText(text) {
    this.measure.font = this.font;
    return this.measure.measureText(text);
  }
  textAttributes(x, y) {
    const [, weight, size, family] = this.font.match(/^(\d+) ([\d.]+)px (.*)$/) || [0, 400, 12, "sans-serif"];
    const anchor = { left: "start", right: "end", center: "middle" }[this.textAlign],
      [tx, ty] = this.p(x, y).split(" ");
    return {
      x: tx,
      y: ty,
      "text-anchor": anchor,
      "dominant-baseline": "central",
      "font-size": size * this.scaled,
      "font-weight": weight,
      "font-family": family,
    };
  }
  fillText(text, x, y) {
    this.put("text", { ...this.textAttributes(x, y), fill: this.fillStyle }, text);
  }
  strokeText(text, x, y) {
    this.put(
      "text",
      {
        ...this.textAttributes(x, y),
        fill: "none",
        stroke: this.strokeStyle,
        "stroke-width": this.lineWidth,
        "stroke-linejoin": "round",
      },
      text,
    );
  }
  /** Text that runs upwards from a point. */
  upwards(text, x, y) {
    this.put(
      "text",
      { ...this.textAttributes(x, y), fill: this.fillStyle, transform: `rotate(-90 ${this.p(x, y)})` },
      text,
    );
  }
}
function saveButtons() {
  const button = (type) =>
    h(
      "button",
      {
        class: "btn wide",
        "data-save": type,
        title: `${T().save} ${type.toUpperCase()}`,
        onclick: () => saveFigure(type),
      },
      type.toUpperCase(),
    );
  return [button("svg"), button("png")];
}
const figureName = () =>
  `imagingkg-${S.view === "map" ? `${S.rows}-${S.cols}` : S.focus !== null ? C[S.focus].id.replaceAll("/", "-") : S.whole || "concepts"}`;

/** What is saved: its size, and how to draw it with a pen. */
function currentFigure() {
  if (S.view === "map") return mapFigure();
  return { width: G.w, height: G.h, draw: (pen) => paintPicture(pen, 1) };
}
function svgFigure() {
  const { width, height, draw } = currentFigure();
  const pen = new SvgPen(width, height, document.createElement("canvas").getContext("2d"));
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--bg").trim();
  pen.fillRect(0, 0, width, height);
  draw(pen);
  return new XMLSerializer().serializeToString(pen.root);
}
async function pngFigure(scale = 2) {
  const { width, height, draw } = currentFigure();
  const canvas = document.createElement("canvas"),
    pen = canvas.getContext("2d");
  canvas.width = width * scale;
  canvas.height = height * scale;
  pen.scale(scale, scale);
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--bg").trim();
  pen.fillRect(0, 0, width, height);
  pen.upwards = (text, x, y) => {
    pen.save();
    pen.translate(x, y);
    pen.rotate(-Math.PI / 2);
    pen.fillText(text, 0, 0);
    pen.restore();
  };
  draw(pen);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
async function saveFigure(type) {
  const blob = type === "svg" ? new Blob([svgFigure()], { type: "image/svg+xml" }) : await pngFigure();
  const link = h("a", { href: URL.createObjectURL(blob), download: `${figureName()}.${type}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
/** The gap map for a page of paper: as unfolded as it stands, with its marks. */
function mapFigure() {
  const plan = mapPlan($("stage")),
    style = getComputedStyle(document.documentElement),
    tint = (name) => style.getPropertyValue("--" + name).trim();
  const row = 24,
    column = Math.max(34, plan.width),
    left = 250,
    top = 150;
  const width = left + column * plan.cols.length + 16,
    height = top + row * plan.rows.length + 16;
  const font = (size, weight = 400) => `${weight} ${size}px ${tint("font")}`;
  const name = (pen, text, room, weight, x, y, way = "fillText") => {
    pen.font = font(12, weight);
    pen[way](fitted(pen, cap(text), room), x, y);
  };
  const draw = (pen) => {
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillStyle = tint("ink");
    plan.cols.forEach((c, n) =>
      name(pen, label(c.i), top - 20, c.fold ? 600 : 400, left + (n + 0.5) * column, top - 8, "upwards"),
    );
    plan.rows.forEach((r, n) => {
      const y = top + (n + 0.5) * row;
      pen.fillStyle = tint("ink");
      name(pen, label(r.i), left - 30 - r.depth * 14, r.depth ? 400 : 600, 12 + r.depth * 14, y);
      plan.cols.forEach((c, k) =>
        figureCell(pen, plan.cellAt(r.i, c.i), plan.steps, left + k * column, y - row / 2, column, row, tint, font),
      );
    });
  };
  return { width, height, draw };
}
function figureCell(pen, s, steps, x, y, width, height, tint, font) {
  const box = (a, b, w, tall, colour) => {
    pen.fillStyle = colour;
    pen.fillRect(a, b, w, tall);
  };
  if (!s.n) return box(x + width / 2 - 1, y + height / 2 - 1, 2, 2, tint("faint"));
  const level = shade(s.n, steps),
    ink = tint(`h${level}t`),
    rail = width - 8,
    [, hedged, negated] = s.certainty;
  box(x + 1, y + 1, width - 2, height - 2, tint("h" + level));
  if (s.best) box(x + 4, y + height - 5, rail * s.best.u, 2, ink);
  for (let a = 0; a < (rail * hedged) / s.n; a += 4) box(x + 4 + a, y + 3, 2, 2, ink);
  if (negated) box(x + 4 + (rail * hedged) / s.n, y + 3, (rail * negated) / s.n, 2, ink);
  if (s.external) {
    pen.beginPath();
    pen.arc(x + width - 6, y + 8, 2, 0, 2 * Math.PI);
    pen.strokeStyle = ink;
    pen.lineWidth = 1;
    pen.stroke();
  }
  if (s.contrary) {
    pen.beginPath();
    pen.moveTo(x + 1, y + 1);
    pen.lineTo(x + 8, y + 1);
    pen.lineTo(x + 1, y + 8);
    pen.closePath();
    pen.fillStyle = ink;
    pen.fill();
  }
  pen.font = font(12, 600);
  pen.fillStyle = ink;
  pen.textAlign = "center";
  pen.fillText(grouped(s.n), x + width / 2, y + height / 2);
  pen.textAlign = "left";
}
