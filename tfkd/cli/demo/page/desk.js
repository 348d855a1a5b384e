// A service desk, run by the server of this page: a question, its intent and the answers that fit.
const at = (id) => document.getElementById(id);
const percent = (p) => `${(100 * p).toFixed(1)}\u00a0%`;
const size = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
const PAUSE = 150; // milliseconds without a key before the server is asked
const LONG = 320; // characters of an answer that are shown before it is opened
let threshold = 0;

function element(name, content = "", facts = {}) {
  const made = Object.assign(document.createElement(name), facts);
  made.append(content);
  return made;
}

async function asked(question) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ question }) };
  const answer = await fetch("/answer", request);
  const values = await answer.json();
  if (!answer.ok) throw new Error(values.error);
  return values;
}

/** A long answer begins, and the rest opens on demand. */
function shown(text) {
  if (text.length <= LONG) return [element("p", text, { className: "text" })];
  const cut = text.lastIndexOf(" ", LONG);
  const end = cut > 0 ? cut : LONG;
  const more = element("details", element("summary", "Whole answer"));
  more.append(element("p", text, { className: "text" }));
  return [element("p", `${text.slice(0, end)} …`, { className: "text" }), more];
}

function item(found) {
  const made = element("li");
  made.append(...shown(found.text), element("small", `similarity ${found.similarity.toFixed(3)}`));
  return made;
}

function show(reply) {
  at("label").textContent = reply.known ? reply.intent : "Unknown";
  at("label").classList.toggle("differs", !reply.known);
  at("took").textContent = reply.known ? `${percent(reply.confidence)}, ${reply.took.toFixed(1)}\u00a0ms` : `${reply.took.toFixed(1)}\u00a0ms`;
  at("refused").hidden = reply.known;
  const reason = reply.confidence < threshold ? `, less than the ${percent(threshold)} from which on an intent is given` : "";
  at("refused").textContent = `Nearest: ${reply.intent}, ${percent(reply.confidence)}${reason}. Better ask a person.`;
  at("answers").replaceChildren(...reply.answers.map(item));
}

/** Ask for what is written, unless there is something newer by then. */
async function update(turn) {
  const question = at("question").value;
  at("error").hidden = true;
  if (!question.trim()) {
    at("answer").hidden = true;
    return;
  }
  try {
    const reply = await asked(question);
    if (turn !== update.turn) return;
    show(reply);
    at("answer").hidden = false;
    at("answer").dataset.answer = JSON.stringify(reply);
  } catch (error) {
    if (turn !== update.turn) return;
    at("answer").hidden = true;
    at("error").textContent = error.message;
    at("error").hidden = false;
  }
}

async function main() {
  const about = await (await fetch("/about.json")).json();
  threshold = about.ask_below;
  at("file").textContent = `Service desk ${about.name}`;
  at("status").textContent = `${about.intents} intents (${size(about.bytes[0])}), ${about.answers.toLocaleString("en")} answers (${size(about.bytes[1])}, index ${size(about.bytes[2])}), by the runtime on this machine`;
  at("question").addEventListener("input", () => {
    const turn = (update.turn = (update.turn ?? 0) + 1);
    setTimeout(() => turn === update.turn && update(turn), PAUSE);
  });
  at("question").disabled = false;
  document.body.dataset.ready = "yes";
}

main().catch((error) => {
  at("status").textContent = `This did not work: ${error.message ?? error}`;
});
