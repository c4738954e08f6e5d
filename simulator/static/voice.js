// Sound, all of it optional: what is heard spoken by the browser, keys as tones, and a message spoken instead of typed.

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477];
const LAYOUT = "123456789*0#";

let aloud = false;
let audio = null;

export function speakAloud(on) {
  aloud = on && "speechSynthesis" in window;
  if (!aloud && "speechSynthesis" in window) speechSynthesis.cancel();
  return aloud;
}

export const canSpeak = () => "speechSynthesis" in window;

/** Speak a line after those before it. Digits set apart are read one by one. */
export function speak(words) {
  if (!aloud || words.startsWith("[")) return;
  const utterance = new SpeechSynthesisUtterance(words);
  utterance.lang = "en-GB";
  speechSynthesis.speak(utterance);
}

/** A key interrupts what is being said. */
export function hush() {
  if (aloud) speechSynthesis.cancel();
}

export const isSpeaking = () => aloud && (speechSynthesis.speaking || speechSynthesis.pending);

export function tone(key) {
  if (!aloud || !window.AudioContext) return;
  audio ??= new AudioContext();
  const at = LAYOUT.indexOf(key);
  const volume = audio.createGain();
  volume.gain.value = 0.04;
  volume.connect(audio.destination);
  for (const hertz of [ROWS[Math.floor(at / 3)], COLUMNS[at % 3]]) {
    const oscillator = audio.createOscillator();
    oscillator.frequency.value = hertz;
    oscillator.connect(volume);
    oscillator.start();
    oscillator.stop(audio.currentTime + 0.13);
  }
}

/** A recogniser that hands over what it understands, or null where the browser has none. */
export function recogniser(understood, ended) {
  const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
  if (!Recognition) return null;
  const recognition = new Recognition();
  recognition.lang = "en-GB";
  recognition.interimResults = true;
  recognition.continuous = true;
  recognition.onresult = (event) => understood([...event.results].map((result) => result[0].transcript).join(" ").trim());
  recognition.onend = ended;
  recognition.onerror = ended;
  return recognition;
}
