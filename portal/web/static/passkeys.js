// A form with data-passkey asks the browser for a passkey when it is sent, and sends the answer along in its hidden field.
// "get": one there is; "create": a new one. What may go wrong stands in the form's data, in our own words.

const LATE = 240000; // ms after which the page's question is too old to be answered in time
const opened = Date.now();

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function words(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

// By hand, as some password managers give back what toJSON() of the browser does not take.
function readable(options) {
  const made = { ...options, challenge: bytes(options.challenge) };
  if (made.user) made.user = { ...made.user, id: bytes(made.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (made[list]) made[list] = made[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return made;
}

function answer(credential) {
  const from = credential.response;
  const response = { clientDataJSON: words(from.clientDataJSON) };
  if (from.attestationObject) {
    response.attestationObject = words(from.attestationObject);
    response.transports = from.getTransports?.() ?? [];
  } else {
    response.authenticatorData = words(from.authenticatorData);
    response.signature = words(from.signature);
    if (from.userHandle) response.userHandle = words(from.userHandle);
  }
  return JSON.stringify({ id: credential.id, rawId: words(credential.rawId), type: credential.type, response });
}

// The same form of a page made now.
async function renewed(form) {
  if (Date.now() - opened < LATE) return;
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const fresh = page.querySelector(`form[data-passkey][action="${form.getAttribute("action")}"]`);
  if (!fresh) return;
  form.dataset.options = fresh.dataset.options;
  form.elements.challenge.value = fresh.elements.challenge.value;
}

function say(form, why) {
  const line = form.querySelector("[role=alert]");
  line.hidden = !why;
  line.textContent = why ? form.dataset[why] : "";
}

async function ask(form) {
  const button = form.querySelector("button");
  say(form, "");
  if (!window.PublicKeyCredential) {
    say(form, "unsupported");
    return;
  }
  button.disabled = true; // the browser answers one question at a time
  try {
    await renewed(form);
    const publicKey = readable(JSON.parse(form.dataset.options));
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.passkey.value = answer(credential);
    form.submit();
  } catch (error) {
    say(form, { NotAllowedError: "cancelled", InvalidStateError: "there", SecurityError: "address" }[error.name] ?? "failed");
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation(); // it is asked, not sent: it may be pressed again
    ask(form);
  });
  form.querySelector("button").disabled = false;
  form.querySelector(".no-script").hidden = true;
}
