// The desk's clock, and the times on a page that count by it.

let ahead = 0; // ms the desk's clock is ahead of this one

export function now() {
  return Date.now() + ahead;
}

export function setClock(of) {
  ahead = Number(of) - Date.now();
}

function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d`;
}

export function tick() {
  for (const at of document.querySelectorAll("time[data-until]")) at.textContent = span(Number(at.dataset.until) - now());
  for (const at of document.querySelectorAll("time[data-since]")) at.textContent = span(now() - Number(at.dataset.since));
  for (const at of document.querySelectorAll("time[data-at]:not([datetime])")) {
    const when = new Date(Number(at.dataset.at));
    const year = when.getFullYear() === new Date(now()).getFullYear() ? {} : { year: "numeric" };
    const day = "today" in at.dataset ? {} : { day: "numeric", month: "short", ...year };
    at.textContent = when.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
    at.dateTime = when.toISOString();
  }
}

tick();
