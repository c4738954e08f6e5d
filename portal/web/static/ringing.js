// Makes heard and seen what rings at the desk, on whichever page of it and behind whichever tab: the title counts, a tone sounds for each new call and does
// not stop in an emergency, and the browser notifies where it was asked to. Nobody is named.

const TONE = [[0, 880], [0.25, 660]]; // seconds from now, Hz
const AGAIN = 4000; // ms between two tones in an emergency
const ALONE = "deskgate-ringing"; // of several tabs one sounds

const bar = document.getElementById("ringing");
const COUNTED = /^\(\d+\) (Emergency · )?/; // what stands before a title by us
let audio = null;
let newest = -1; // the newest call that was rung for; -1: the page has just been opened

function state() {
  const { waiting, emergencies, newest: latest, sound } = document.getElementById("rings")?.dataset ?? {};
  return { waiting: Number(waiting ?? 0), emergencies: Number(emergencies ?? 0), latest: Number(latest ?? 0), sound: sound === "on" };
}

// A browser lets a page sound once somebody has touched it: whoever never has hears nothing, and nothing late.
async function tone() {
  audio ??= new AudioContext();
  await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 300))]);
  if (audio.state !== "running") return;
  for (const [after, pitch] of TONE) {
    const [source, loud, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + after];
    source.frequency.value = pitch;
    loud.gain.setValueAtTime(0.2, at);
    loud.gain.exponentialRampToValueAtTime(0.001, at + 0.22);
    source.connect(loud).connect(audio.destination);
    source.start(at);
    source.stop(at + 0.24);
  }
}

function sounds() {
  if (!navigator.locks) tone();
  else navigator.locks.request(ALONE, { ifAvailable: true }, async (mine) => {
    if (mine) {
      await tone();
      await new Promise((done) => setTimeout(done, 1000));
    }
  });
}

function notify(emergency) {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const said = new Notification(emergency ? "Emergency: a caller waits" : "A caller waits", { tag: ALONE, requireInteraction: emergency });
  said.onclick = () => {
    focus();
    if (location.pathname !== "/desk") location.assign("/desk");
  };
}

function count(now) {
  const title = document.title.replace(COUNTED, "");
  const counted = now.waiting ? `(${now.waiting}) ${now.emergencies ? "Emergency · " : ""}${title}` : title;
  if (counted !== document.title) document.title = counted;
}

function rings() {
  const now = state();
  count(now);
  if (now.waiting && now.latest > newest) {
    if (now.sound) sounds();
    if (newest >= 0 || document.hidden) notify(now.emergencies > 0);
  }
  newest = Math.max(newest, now.latest, 0);
}

bar?.addEventListener("live", rings);
setInterval(() => {
  const now = state();
  count(now); // another ticket may have been opened beside its list
  if (now.emergencies && now.sound) sounds();
}, AGAIN);

// Asked for by a press, and never by the page itself.
function offered() {
  const offer = document.getElementById("notify-offer");
  if (offer) offer.hidden = !("Notification" in window) || Notification.permission !== "default";
}

addEventListener("click", async (event) => {
  if (event.target.id !== "notify") return;
  await Notification.requestPermission();
  offered();
});
document.getElementById("live")?.addEventListener("live", offered);
offered();
