// How does a page ask a passkey? The form carries the question; the answer goes into its hidden field.

const form = document.querySelector("form[data-passkey]");
const says = form?.querySelector("[data-passkey-says]");

const ask = async () => {
  const options = JSON.parse(form.dataset.options);
  const answer = await globalThis.webauthnJSON[form.dataset.passkey](options);
  form.elements.namedItem("credential").value = JSON.stringify(answer);
  form.submit();
};

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  says.textContent = "Waiting for your passkey.";
  ask().catch(() => {
    says.textContent = "The passkey did not answer. Try again, or use a code.";
  });
});
