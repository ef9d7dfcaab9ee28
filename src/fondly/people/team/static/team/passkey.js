// Shows what needs a passkey where the browser can, and says in words when one did not work.
document.addEventListener("allauth.error", () => {
  const note = document.getElementById("passkey-error");
  if (note) note.hidden = false;
});
if (window.PublicKeyCredential) document.querySelectorAll("[data-passkey]").forEach((el) => { el.hidden = false; });
