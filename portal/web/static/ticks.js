// Ticks in the queue: how many there are, all at once, and what its reader had seen when they ticked, whatever has come since.

const seen = new WeakMap(); // tick -> the last message there was then
const all = document.getElementById("tick-all");
const count = document.getElementById("ticked");
const bulk = document.querySelector("details.bulk");
const ticks = () => [...document.querySelectorAll("input.tick")];

function tell() {
  const many = ticks().filter((tick) => tick.checked).length;
  count.hidden = !many;
  count.textContent = many;
  bulk.hidden = !many && !document.getElementById("bulk-words").value.trim() && !bulk.contains(document.activeElement);
  all.hidden = !ticks().length;
  all.textContent = many && many === ticks().length ? "Tick none" : "Tick all";
}

function ticked(tick) {
  if (tick.checked) seen.set(tick, tick.value);
  else seen.delete(tick);
}

all.addEventListener("click", () => {
  const on = ticks().some((tick) => !tick.checked);
  for (const tick of ticks()) {
    if (tick.checked === on) continue;
    tick.checked = on;
    ticked(tick);
  }
  tell();
});

addEventListener("change", ({ target }) => {
  if (!target.matches("input.tick")) return;
  ticked(target);
  if (target.checked) bulk.open = true;
  tell();
});
// A browser would press a button of theirs.
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[type=checkbox]") && event.target.form?.id === "bulk") event.preventDefault();
});
document.getElementById("live").addEventListener("live", tell);
document.getElementById("bulk").addEventListener("submit", () => {
  for (const tick of ticks()) if (seen.has(tick)) tick.value = seen.get(tick);
});
tell();
