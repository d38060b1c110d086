// Small comforts; every page works without them.
"use strict";

// The way over to the app server or JupyterLab goes on by itself.
for (const form of document.querySelectorAll("form[data-submit-now]")) form.submit();

// An app is opened with a ticket that the portal gives. Asked for here, it goes straight to the app server; the page that
// would take it there is for browsers without scripts, and for saying what went wrong.
for (const form of document.querySelectorAll("form[data-hand-over]"))
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.asked) return;
    form.dataset.asked = "yes";
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "application/json" },
      });
      const { target, ticket } = await answer.json();
      if (!answer.ok || !ticket) throw new Error("no ticket");
      const over = document.createElement("form");
      Object.assign(over, { method: "post", action: target, rel: "noopener", target: whereTo(form), hidden: true });
      over.append(Object.assign(document.createElement("input"), { name: "ticket", value: ticket }));
      document.body.append(over);
      over.submit();
      over.remove();
    } catch {
      form.target = whereTo(form);
      form.submit();
    } finally {
      delete form.dataset.asked;
    }
  });

// After some seconds a browser takes a new window for one that nobody asked for.
function whereTo(form) {
  return navigator.userActivation && !navigator.userActivation.isActive ? "_self" : form.target;
}

for (const field of document.querySelectorAll("[data-submit-on-change]"))
  field.addEventListener("change", () => field.form.submit());

// A page that waits for an examination asks how far it is, and loads anew when it is done.
for (const box of document.querySelectorAll("[data-poll]")) {
  const shown = box.querySelector("[data-progress]");
  const ask = async () => {
    try {
      const answer = await fetch(box.dataset.poll, { headers: { accept: "application/json" } });
      const state = await answer.json();
      if (!answer.ok || !["queued", "running"].includes(state.examination)) return location.reload();
      if (shown) shown.textContent = state.progress;
    } catch { /* the portal is away for a moment: ask again */ }
    setTimeout(ask, 1500);
  };
  setTimeout(ask, 1000);
}

// A form is sent once, however often its button is pressed; going back makes it usable again.
for (const form of document.querySelectorAll("form[method=post]:not([target])"))
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));

// The account box closes on Escape and on a click elsewhere.
for (const box of document.querySelectorAll("details.who")) {
  document.addEventListener("click", (event) => { if (!box.contains(event.target)) box.open = false; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") box.open = false; });
}
