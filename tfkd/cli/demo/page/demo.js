// One file, run in the page by MediaPipe: what is typed, and a teacher's answers beside it.
import { FilesetResolver, TextClassifier } from "/mediapipe/text_bundle.mjs";

const at = (id) => document.getElementById(id);
const percent = (p) => `${(100 * p).toFixed(1)}\u00a0%`;
const size = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
const duration = (took) => `${took.toFixed(1)}\u00a0ms`;

function element(name, content, facts = {}) {
  const made = Object.assign(document.createElement(name), facts);
  made.append(content);
  return made;
}

async function fetched(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

async function opened() {
  const wasm = await FilesetResolver.forTextTasks("/mediapipe/wasm");
  const file = new Uint8Array(await (await fetched("/student.tflite")).arrayBuffer());
  const classifier = await TextClassifier.createFromModelBuffer(wasm, file);
  classifier.classify("a first text, which takes longer than those behind it");
  return classifier;
}

/** The classes, the most probable first, and the milliseconds they took. */
function classified(classifier, text) {
  const start = performance.now();
  const [found] = classifier.classify(text).classifications;
  const took = performance.now() - start;
  const classes = found.categories.map((each) => ({ label: each.categoryName, p: each.score }));
  return { classes: classes.sort((a, b) => b.p - a.p), took };
}

const MOST_BARS = 5;

/** Few classes keep their places; of many, the most probable are shown and the others folded. */
function show(classifier, order) {
  const text = at("text").value;
  at("answer").hidden = !text.trim();
  if (!text.trim()) return;
  const { classes, took } = classified(classifier, text);
  const by = new Map(classes.map((each) => [each.label, each.p]));
  at("label").textContent = classes[0].label;
  at("took").textContent = `${percent(classes[0].p)}, ${duration(took)}`;
  const many = order.length > MOST_BARS;
  const labels = many ? classes.map((each) => each.label) : order;
  const bars = labels.map((label) => bar(label, by.get(label)));
  at("bars").replaceChildren(...bars.slice(0, MOST_BARS).flat());
  at("others").hidden = !many;
  at("other-bars").replaceChildren(...bars.slice(MOST_BARS).flat());
  at("others-title").textContent = `${order.length - MOST_BARS} other classes`;
  at("answer").dataset.answer = JSON.stringify(Object.fromEntries(by));
}

function bar(label, p) {
  const shown = Object.assign(document.createElement("progress"), { value: p, max: 1 });
  shown.setAttribute("aria-label", label);
  return [element("dt", label), element("dd", shown), element("dd", percent(p))];
}

function row(classifier, answer) {
  const { classes, took } = classified(classifier, answer.text);
  const [{ label, p }] = classes;
  const chosen = element("button", answer.text.slice(0, 300), { type: "button", title: "Try it" });
  chosen.addEventListener("click", () => {
    at("text").value = answer.text;
    at("text").dispatchEvent(new Event("input"));
    at("text").focus();
  });
  const cells = [
    element("td", chosen),
    cell("Teacher", answer.label, answer.probability),
    cell("Student", label, p, `, ${duration(took)}`),
  ];
  cells[2].classList.toggle("differs", label !== answer.label);
  const made = element("tr", "");
  made.replaceChildren(...cells);
  made.dataset.student = JSON.stringify(Object.fromEntries(classes.map((e) => [e.label, e.p])));
  return { made, same: label === answer.label };
}

function cell(of, label, p, more = "") {
  const made = element("td", `${label} `);
  made.dataset.of = of;
  made.append(element("small", percent(p) + more));
  return made;
}

/** Some rows at a time, so that the page can be used meanwhile. */
async function beside(classifier, answers) {
  at("beside").hidden = answers.length === 0;
  let same = 0;
  for (const [i, answer] of answers.entries()) {
    const found = row(classifier, answer);
    at("rows").append(found.made);
    same += found.same;
    if (i % 8 === 7 || i + 1 === answers.length) {
      at("agreement").textContent = `The same class for ${same} of ${i + 1} texts (${percent(same / (i + 1))}).`;
      await new Promise((go) => setTimeout(go));
    }
  }
  at("rows").dataset.done = answers.length;
}

async function main() {
  const about = await (await fetched("/about.json")).json();
  at("file").textContent = about.file;
  const classifier = await opened();
  at("status").textContent = `${size(about.bytes)}, ${about.quantize}, MediaPipe ${about.mediapipe}, in this page`;
  at("text").addEventListener("input", () => show(classifier, about.classes));
  at("text").disabled = false;
  document.body.dataset.ready = "yes";
  await beside(classifier, about.answers);
}

main().catch((error) => {
  at("status").textContent = `This did not work: ${error.message ?? error}`;
});
