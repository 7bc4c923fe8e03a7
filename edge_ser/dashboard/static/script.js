// The live page: takes server-sent events from the dashboard and draws them.  Everything it knows is in `known`.
"use strict";

const SILENCE = 25_000; // ms without a message after which the connection is dead; a message comes every 10 s
const LONGEST_PAUSE = 10_000; // ms between two attempts to connect
const LAST_UTTERANCES = 20;
const COLOURS = ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "uncertain"];
const LANGUAGE = document.documentElement.lang;

const known = { link: "connecting", state: null, current: null, finished: [], minutes: new Map(), since: 0, skew: 0 };
let texts = {};
let source = null;
let lastMessage = 0;
let pause = 1000;

const element = (id) => document.getElementById(id);
const text = (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const labelText = (label) => texts[`label:${label}`] ?? label;
const colour = (label) => `of-${COLOURS.includes(label) ? label : "other"}`;
const percent = (share) => `${Math.round(100 * share)}%`;
const clock = (time, seconds = true) =>
  new Date(time).toLocaleTimeString(LANGUAGE, {
    hourCycle: "h23", hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }),
  });
const now = () => Date.now() + known.skew; // the clock of the device, which stamps the events

function length(seconds) {
  const unit = (value, name, digits = 0) =>
    new Intl.NumberFormat(LANGUAGE, { style: "unit", unit: name, maximumFractionDigits: digits }).format(value);
  if (seconds < 60) return unit(seconds, "second", seconds < 10 ? 1 : 0);
  if (seconds < 3600) return unit(seconds / 60, "minute");
  return unit(seconds / 3600, "hour", 1);
}

function make(name, attributes = {}, ...children) {
  const svg = ["rect", "title", "g"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function put(id, content) {
  const place = element(id);
  if (place.textContent !== content) place.textContent = content; // so that a screen reader only announces changes
}

function drawState() {
  const state = known.state;
  const notice = element("state");
  let key = `link:${known.link}`;
  let good = false;
  if (known.link === "connected" && state) {
    key = `link:${state.link}`;
    if (state.link === "connected") {
      key = state.fault ? `fault:${state.fault}` : `state:${state.state}`;
      good = !state.fault && ["listening", "unknown"].includes(state.state);
    }
  }
  put("state", text(key));
  notice.classList.toggle("good", good);
  notice.classList.toggle("bad", !good && key !== "link:connecting");
  // The message of the service is more specific, and always in English.
  const current = known.link === "connected" && state;
  put("detail", current ? state.fault_message || state.message || (state.link === "connected" ? "" : state.link_message) : "");
  put("microphone-state", state?.link === "connected" && known.link === "connected" ? text(key) : "–");
  put("overflows", state ? text("times", { n: state.overflows }) : "–");
  element("mute").disabled = known.link !== "connected" || state?.link !== "connected";
  put("mute", text(isMuted() ? "unmute" : "mute"));
}

const isMuted = () => known.state?.state === "muted";

function drawCurrent() {
  const event = known.current;
  put("label", event ? labelText(event.label) : "–");
  put("confidence", event ? percent(event.confidence) : "");
  put("phase", event ? `${length(event.end - event.start)} · ${text(event.final ? "ended" : "still_speaking")}` : "");
  const bars = element("bars");
  const labels = Object.keys(event?.probabilities ?? {});
  if ([...bars.children].map((bar) => bar.dataset.label).join() !== labels.join()) {
    bars.replaceChildren(...labels.map((label) => {
      const bar = make("li", {}, make("span", {}, labelText(label)), make("span", { class: "track", "aria-hidden": "true" },
        make("div", { class: `fill ${colour(label)}` })), make("span", { class: "value" }));
      bar.dataset.label = label;
      return bar;
    }));
  }
  for (const bar of bars.children) {
    const share = event.probabilities[bar.dataset.label];
    bar.querySelector(".fill").style.width = `${100 * share}%`;
    bar.querySelector(".value").textContent = percent(share);
  }
}

function drawFinished() {
  element("finished").replaceChildren(...known.finished.map((event) => make("tr", {},
    make("td", {}, clock(event.time)), make("td", {}, length(event.end - event.start)),
    make("td", {}, labelText(event.label)), make("td", { class: "number" }, percent(event.confidence)))));
}

function takeEverything(all) {
  known.skew = all.now - Date.now();
  Object.assign(known, { link: "connected", state: all.state, current: all.current, finished: all.finished, since: all.since });
  known.minutes = new Map(all.minutes.map((minute) => [minute.minute, minute]));
  pause = 1000;
  drawState();
  drawCurrent();
  drawFinished();
  drawTimeline();
}

function takeState(state) {
  if (state.link !== "connected" || state.state !== "listening") known.current = null;
  known.state = state;
  put("mute-remark", ""); // it referred to the state before
  drawState();
  drawCurrent();
}

function takeHeard(event) {
  known.current = event;
  drawCurrent();
  if (event.final) {
    known.finished = [event, ...known.finished].slice(0, LAST_UTTERANCES);
    drawFinished();
    put("said", `${labelText(event.label)}, ${percent(event.confidence)}`);
  }
}

function takeMinute(minute) {
  known.minutes.set(minute.minute, minute);
  drawTimeline();
}

function takeBeat(beat) {
  known.skew = beat.now - Date.now();
  drawTimeline();
}

function connect() {
  source?.close();
  source = new EventSource("events");
  lastMessage = Date.now();
  const on = (name, take) => source.addEventListener(name, (message) => {
    lastMessage = Date.now();
    take(JSON.parse(message.data));
  });
  on("everything", takeEverything);
  on("state", takeState);
  on("heard", takeHeard);
  on("level", takeLevel);
  on("minute", takeMinute);
  on("beat", takeBeat);
  on("full", () => lost("full"));
  source.addEventListener("error", () => lost("lost"));
}

function lost(link) {
  if (link !== "lost" || known.link !== "full") known.link = link;
  known.current = null;
  drawState();
  drawCurrent();
  source.close();
  setTimeout(reconnect, pause);
  pause = Math.min(2 * pause, LONGEST_PAUSE);
}

// Unlike a failed stream, an answer tells whether the token is still valid.
async function reconnect() {
  try {
    const answer = await fetch("state", { cache: "no-store" });
    if (answer.status === 401) {
      location.assign("login");
      return;
    }
  } catch {
    // not running yet
  }
  connect();
}

async function pressMute() {
  const mute = !isMuted();
  element("mute").disabled = true;
  let remark = "";
  try {
    const answer = await fetch("mute", { method: "POST", body: JSON.stringify({ mute }) });
    if (!answer.ok) remark = `${text("mute_failed")} ${(await answer.json()).error}`;
  } catch (error) {
    remark = `${text("mute_failed")} ${error.message}`;
  }
  put("mute-remark", remark);
  drawState();
}

async function start() {
  texts = await (await fetch(`static/${LANGUAGE}.json`)).json();
  element("mute").addEventListener("click", pressMute);
  drawState();
  drawTimeline();
  connect();
  setInterval(() => {
    // A phone that was asleep, or a network that was gone, ends a connection without an event.
    if (known.link === "connected" && Date.now() - lastMessage > SILENCE) lost("lost");
  }, 5000);
}

start();
