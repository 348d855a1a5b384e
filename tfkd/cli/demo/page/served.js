// One file, run by the server of this page: a box for each text that its task reads.
const at = (id) => document.getElementById(id);
const percent = (p) => `${(100 * p).toFixed(1)}\u00a0%`;
const size = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
const PAUSE = 150; // milliseconds without a key before the server is asked
const MOST_BARS = 5;

function element(name, content = "", facts = {}) {
  const made = Object.assign(document.createElement(name), facts);
  made.append(content);
  return made;
}

const titled = (role) => role[0].toUpperCase() + role.slice(1).replaceAll("_", " ");

function box(role) {
  const label = element("label", titled(role), { htmlFor: `role-${role}` });
  const rows = role === "question" ? 2 : 5;
  const text = element("textarea", "", { id: `role-${role}`, name: role, rows, spellcheck: false });
  const heading = element("h2", label);
  return [heading, text];
}

const texts = (fields) => Object.fromEntries(fields.map((role) => [role, at(`role-${role}`).value]));

async function asked(written) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(written) };
  const answer = await fetch("/answer", request);
  const values = await answer.json();
  if (!answer.ok) throw new Error(values.error);
  return values;
}

/** Python counts characters, JavaScript halves of some of them. */
function pieces(text, marks) {
  const characters = [...text];
  const made = [];
  let done = 0;
  for (const mark of [...marks].sort((a, b) => a.start - b.start)) {
    if (mark.start < done) continue;
    made.push(characters.slice(done, mark.start).join(""));
    const shown = element("mark", characters.slice(mark.start, mark.end).join(""));
    if (mark.label) shown.append(element("small", ` ${mark.label}`));
    if (mark.score !== null) shown.title = percent(mark.score);
    made.push(shown);
    done = mark.end;
  }
  return [...made, characters.slice(done).join("")];
}

/** Probabilities by name are shown as bars, the greatest first. */
function probabilities(values) {
  const isProbability = (p) => typeof p === "number" && p >= 0 && p <= 1;
  const found = Object.values(values).find(
    (each) => each && typeof each === "object" && !Array.isArray(each) && Object.keys(each).length && Object.values(each).every(isProbability),
  );
  return Object.entries(found ?? {}).sort((a, b) => b[1] - a[1]).slice(0, MOST_BARS);
}

function bar([label, p]) {
  const shown = Object.assign(document.createElement("progress"), { value: p, max: 1 });
  shown.setAttribute("aria-label", label);
  return [element("dt", label), element("dd", shown), element("dd", percent(p))];
}

function show(written, answer) {
  at("label").textContent = answer.summary;
  at("took").textContent = `${answer.took.toFixed(1)}\u00a0ms`;
  const roles = Object.keys(written).filter((role) => answer.marks.some((mark) => mark.role === role));
  const marked = roles.map((role) => {
    const made = element("p");
    made.replaceChildren(...pieces(written[role], answer.marks.filter((mark) => mark.role === role)));
    return made;
  });
  at("marked").replaceChildren(...marked);
  at("bars").replaceChildren(...probabilities(answer.values).flatMap(bar));
  at("values").textContent = JSON.stringify(answer.values, null, 1);
}

/** Show a text as the server writes it; what is newer ends it. */
async function streamed(written, turn) {
  streamed.before?.abort();
  streamed.before = new AbortController();
  const start = performance.now();
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/answer", { method: "POST", headers, body: JSON.stringify(written), signal: streamed.before.signal });
  if (!answer.ok) throw new Error((await answer.json()).error);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  at("label").textContent = "";
  at("answer").hidden = false;
  delete at("answer").dataset.answer;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    if (turn === update.turn) at("label").textContent += piece.value;
  }
  if (turn !== update.turn) return;
  at("took").textContent = `${(performance.now() - start).toFixed(0)}\u00a0ms`;
  at("answer").dataset.answer = JSON.stringify({ summary: at("label").textContent });
}

/** Ask for what is written, unless there is something newer by then. */
async function update(fields, turn) {
  const written = texts(fields);
  const complete = fields.every((role) => written[role].trim());
  at("error").hidden = true;
  if (!complete) at("answer").hidden = true;
  if (!complete) return;
  try {
    if (update.writes) return await streamed(written, turn);
    const answer = await asked(written);
    if (turn !== update.turn) return;
    show(written, answer);
    at("answer").hidden = false;
    at("answer").dataset.answer = JSON.stringify(answer);
  } catch (error) {
    if (error.name === "AbortError") return;
    at("answer").hidden = true;
    at("error").textContent = error.message;
    at("error").hidden = false;
  }
}

async function main() {
  const about = await (await fetch("/about.json")).json();
  at("file").textContent = about.file;
  at("status").textContent = `${about.task}, ${size(about.bytes)}, ${about.quantize}, by the runtime on this machine`;
  update.writes = about.writes;
  at("all").hidden = about.writes;
  at("fields").replaceChildren(...about.fields.flatMap(box));
  at("fields").addEventListener("submit", (event) => event.preventDefault());
  at("fields").addEventListener("input", () => {
    const turn = (update.turn = (update.turn ?? 0) + 1);
    setTimeout(() => turn === update.turn && update(about.fields, turn), PAUSE);
  });
  document.body.dataset.ready = "yes";
}

main().catch((error) => {
  at("status").textContent = `This did not work: ${error.message ?? error}`;
});
