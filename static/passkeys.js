/* Passkeys: a form with data-passkey asks the browser for one, puts the answer into its field and is sent. */
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readOptions(form) {
  const { publicKey } = JSON.parse(form.dataset.options);
  publicKey.challenge = bytes(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
  for (const name of ["allowCredentials", "excludeCredentials"]) {
    for (const one of publicKey[name] ?? []) one.id = bytes(one.id);
  }
  return { publicKey };
}

function writeCredential(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const start = form.querySelector("[data-passkey-start]");
  const failed = document.querySelector("[data-passkey-failed]");
  start.disabled = !window.PublicKeyCredential;
  start.addEventListener("click", async () => {
    try {
      const credential = await navigator.credentials[form.dataset.passkey](readOptions(form));
      form.querySelector("input[name$=credential]").value = writeCredential(credential);
      form.submit();
    } catch (error) {
      if (failed) failed.hidden = false;
    }
  });
}
