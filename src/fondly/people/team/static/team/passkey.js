// Says in words when a passkey did not work; the details stay in the console.
document.addEventListener("allauth.error", () => {
  const note = document.getElementById("passkey-error");
  if (note) note.hidden = false;
});
