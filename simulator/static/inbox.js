// Has somebody invited, and looks for new mails: the worker sends them a moment later.

const said = document.getElementById("said");
const before = document.querySelectorAll("article").length;

for (const button of document.querySelectorAll("[data-invite]")) {
  button.addEventListener("click", async () => {
    const answer = await fetch("/simulator/invitations", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: button.dataset.invite }),
    });
    said.textContent = await answer.text();
  });
}

setInterval(async () => {
  const text = await (await fetch(location.href)).text();
  const now = new DOMParser().parseFromString(text, "text/html").querySelectorAll("article").length;
  if (now !== before) location.reload();
}, 1500);
