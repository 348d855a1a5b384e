(() => {
  "use strict";

  const specs = JSON.parse(document.getElementById("specs").textContent);
  // `ast`: expressions are interpreted, so the page's policy need not allow eval.
  const options = { renderer: "svg", actions: false, ast: true };
  const drawn = Object.entries(specs).map(([id, spec]) =>
    vegaEmbed(document.getElementById(id), spec, options).catch((error) => console.error(id, error))
  );
  Promise.all(drawn).then(() => document.documentElement.setAttribute("data-drawn", ""));

  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.hasAttribute("data-value") ? Number(cell.dataset.value) : cell.textContent.trim();
  };
  const order = (a, b) => {
    const [x, y] = [typeof a === "number", typeof b === "number"];
    if (x && y) return a - b;
    return x ? -1 : y ? 1 : a.localeCompare(b);
  };

  const sort = (table, heads, column) => {
    const down = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => (down ? -1 : 1) * order(value(a, column), value(b, column)));
    table.tBodies[0].append(...rows);
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, heads, column));
      head.append(button);
    });
  }

  // Folded texts are read on paper, too.
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details.facts").forEach((each) => (each.open = true));
  });
})();
