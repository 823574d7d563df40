// Is what was typed safe? Sends the form 2 s after typing stops and when a field is left, one request at a
// time, each with the version it started from. "Saved" is said only when the server said so. Nothing is
// kept in browser storage; what could not be sent stays in the form and is sent when that is possible.

const PAUSE = 2000;
const RETRY = 5000;

const form = document.querySelector("form[data-autosave]");
const state = document.getElementById("save-state");
const problem = document.getElementById("save-problem");
const scoreBox = document.getElementById("score");
const said = document.getElementById("score-said");
const conflictBox = document.getElementById("conflict");

let sent = "";
let timer = 0;
let sending = null;
let conflicted = false;

const typed = () => {
  const data = new FormData(form);
  ["csrfmiddlewaretoken", "version", "submission_key"].forEach((name) => data.delete(name));
  return new URLSearchParams(data).toString();
};

const show = (kind, text) => {
  state.dataset.state = kind;
  state.textContent = text;
};

const warn = (text) => {
  if (problem.textContent !== text) problem.textContent = text;
};

const later = (wait) => {
  clearTimeout(timer);
  timer = setTimeout(save, wait);
};

const showScore = (html) => {
  scoreBox.innerHTML = html;
  const line = scoreBox.querySelector("[data-said]")?.textContent ?? "";
  if (said.textContent !== line) said.textContent = line;
};

const showConflict = (html, version) => {
  conflicted = true;
  conflictBox.innerHTML = html;
  conflictBox.querySelector("[data-keep-mine]").addEventListener("click", (event) => {
    event.preventDefault();
    form.elements.version.value = version;
    conflicted = false;
    conflictBox.replaceChildren();
    save();
  });
  conflictBox.querySelector("[data-focus]").focus();
  show("conflict", "Changed elsewhere");
};

// Somebody who signed in again in another tab has a new token; this form takes it over.
const renewToken = async () => {
  const answer = await fetch(form.dataset.session, { headers: { Accept: "application/json" } });
  const { signed_in: signedIn, token } = await answer.json();
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = token; });
  return signedIn;
};

const accept = async (answer, text) => {
  sent = text;
  form.elements.version.value = answer.headers.get("X-Draft-Version");
  showScore(await answer.text());
  warn("");
  show("saved", `Saved ${answer.headers.get("X-Draft-Saved")}`);
};

const refuse = async (answer) => {
  if (answer.status === 409) {
    showConflict(await answer.text(), answer.headers.get("X-Draft-Version"));
  } else if (answer.status === 404) {
    show("failed", "Not saved");
    warn("You no longer have access to this case. Copy your text before you leave this page.");
  } else if (answer.type === "opaqueredirect" || answer.status === 403) {
    await signedOut();
  } else {
    retry();
  }
};

const signedOut = async () => {
  show("failed", "Not saved");
  if (await renewToken()) {
    later(0);
  } else {
    warn("Your session has ended. Sign in again in another tab; your text stays here and is saved then.");
    later(RETRY);
  }
};

const retry = () => {
  show("failed", "Not saved, retrying");
  later(RETRY);
};

const send = async () => {
  const text = typed();
  if (text === sent) return;
  show("saving", "Saving…");
  const answer = await fetch(form.dataset.autosave, {
    method: "POST", body: new FormData(form), redirect: "manual", headers: { "X-Autosave": "1" },
  });
  await (answer.ok ? accept(answer, text) : refuse(answer));
};

function save() {
  clearTimeout(timer);
  if (conflicted) return Promise.resolve();
  sending ??= send().catch(retry).finally(() => { sending = null; });
  return sending;
}

// A response that can't be kept can't be logged either: the text would go with the page.
const submit = async (event) => {
  if (form.dataset.sure) return;
  event.preventDefault();
  await sending;
  await save();
  if (event.submitter?.value === "save" || typed() !== sent) return;
  form.dataset.sure = "yes";
  // Not at once: a form whose submit event is still being handled ignores another submit.
  setTimeout(() => form.requestSubmit(event.submitter));
};

if (form) {
  sent = typed();
  form.addEventListener("input", () => later(PAUSE));
  form.addEventListener("focusout", (event) => { if (event.target.matches("input, textarea, select")) save(); });
  form.addEventListener("submit", submit);
  addEventListener("online", save);
  addEventListener("pageshow", () => { delete form.dataset.sure; });
  addEventListener("beforeunload", (event) => { if (!form.dataset.sure && typed() !== sent) event.preventDefault(); });
}
